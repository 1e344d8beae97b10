/*
 * Assembles lib/protocol/simd-mask.wat into the constant of lib/protocol/simd-mask.ts.
 *
 *   node .ci/wasm.js           writes the constant anew
 *   node .ci/wasm.js --check   writes nothing; fails when the constant is not what the source says
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const source = at('lib/protocol/simd-mask.wat');
const target = at('lib/protocol/simd-mask.ts');

const { parseWat } = await wabt();
const { buffer } = parseWat(source, readFileSync(source, 'utf8'), { simd: true }).toBinary({});
const module = Buffer.from(buffer).toString('base64');
const before = readFileSync(target, 'utf8');
const after = before.replace(/(const MODULE =\s*)'[^']*'/, `$1'${module}'`);

if (!process.argv.includes('--check')) writeFileSync(target, after);
else if (before !== after) {
  console.error('lib/protocol/simd-mask.ts is not what simd-mask.wat says: npm run wasm');
  process.exitCode = 1;
}
