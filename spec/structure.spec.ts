import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One source file, its path relative to the root of the project. */
interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments, so that prose breaks no rule. */
  readonly code: string;
}

function listSources(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, 'utf8');
      return { path: relative(root, file).split(sep).join('/'), text, code: stripComments(text) };
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Blanks comments and leaves strings and templates alone. */
function stripComments(text: string): string {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<![\\/])\/\/[^\n]*/g,
    (_, literal: string | undefined) => literal ?? ' ',
  );
}

interface Import {
  readonly specifier: string;
  /** Whether the import is erased: `import type`, `export type … from`. */
  readonly isType: boolean;
}

/** Lists what a source imports: `import`, `export … from`, `import()` and `require()`. */
function importsOf(source: Source): Import[] {
  const statements = /^(?:import|export)\s+(type\s+(?!from\b))?(?:[^;'"=]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
  const calls = /\b(?:import|require)\(\s*['"]([^'"\n]+)['"]/g;
  return [
    ...[...source.code.matchAll(statements)].map((match) => ({
      specifier: match[2]!,
      isType: match[1] !== undefined,
    })),
    ...[...source.code.matchAll(calls)].map((match) => ({ specifier: match[1]!, isType: false })),
  ];
}

/** Resolves a relative import to the path of the source it names. */
function targetOf(source: Source, specifier: string): string {
  return posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts');
}

/** Rank of each layer of lib/; an import goes to a lower rank or stays in its layer. */
const RANKS: Readonly<Record<string, number>> = {
  errors: 0,
  base: 1,
  protocol: 2,
  handshake: 3,
  compression: 3,
  connection: 4,
  client: 5,
  server: 5,
  // Knows both roles, to give back the one that was asked for.
  takeover: 6,
  index: 7,
  compat: 8,
  cli: 8,
};

/** Names the layer of a file of lib/: its folder; at the top its own name if that is a layer, else `base`. */
function layerOf(path: string): string {
  const [, first = '', second] = path.split('/');
  if (second !== undefined) return first;
  const name = first.replace(/\.ts$/, '');
  return name in RANKS ? name : 'base';
}

/** Names of Node that a member with an underscore may have: what a stream's implementer overrides. */
const IMPLEMENTER_METHODS = new Set([
  '_construct',
  '_read',
  '_write',
  '_writev',
  '_final',
  '_destroy',
  '_transform',
  '_flush',
]);

/** Builtin modules with input or output, of which the pure layers know nothing. */
const IO_MODULES =
  /^(?:node:)?(?:net|tls|http|https|http2|dgram|dns|fs|stream|timers|child_process|worker_threads|cluster)(?:\/|$)/;

const MAX_LINES = 400;

describe('the structure of lib', () => {
  const sources = listSources('lib');

  it('has sources to look at', () => {
    expect(sources.map((source) => source.path)).to.include.members(['lib/index.ts', 'lib/errors.ts']);
  });

  it('knows every layer', () => {
    expect(
      [...new Set(sources.map((source) => layerOf(source.path)))].filter((layer) => !(layer in RANKS)),
    ).to.deep.equal([]);
  });

  it('imports one way: cli, compat → client, server → connection → handshake, compression → protocol → errors', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      const own = layerOf(source.path);
      for (const { specifier } of importsOf(source)) {
        if (!specifier.startsWith('.')) continue;
        const target = targetOf(source, specifier);
        const layer = layerOf(target);
        if (layer !== own && !(RANKS[layer]! < RANKS[own]!)) wrong.push(`${source.path} imports ${target}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it('has no cycle of imports that are there at run time', () => {
    const graph = new Map(
      sources.map((source) => [
        source.path,
        importsOf(source)
          .filter(({ specifier, isType }) => specifier.startsWith('.') && !isType)
          .map(({ specifier }) => targetOf(source, specifier)),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (trail.includes(path) || done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).to.deep.equal([]);
  });

  it('imports existing files by their full names, and from packages only eventemitter3', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { specifier } of importsOf(source)) {
        const fine = specifier.startsWith('.')
          ? specifier.endsWith('.js') && existsSync(join(root, targetOf(source, specifier)))
          : specifier.startsWith('node:') || specifier === 'eventemitter3';
        if (!fine) wrong.push(`${source.path} imports ${specifier}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it('keeps sockets, streams and timers out of protocol and handshake', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      if (!/^lib\/(protocol|handshake)\//.test(source.path)) continue;
      for (const { specifier, isType } of importsOf(source)) {
        if (!isType && IO_MODULES.test(specifier)) wrong.push(`${source.path} imports ${specifier}`);
      }
      const timer =
        /\b(?:setTimeout|setInterval|setImmediate|process\.nextTick|queueMicrotask|Date\.now)\b/.exec(
          source.code,
        );
      if (timer) wrong.push(`${source.path} uses ${timer[0]}`);
    }
    expect(wrong).to.deep.equal([]);
  });

  it(`has no file past ${MAX_LINES} lines`, () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).to.deep.equal([]);
  });

  it('touches no private API of Node', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      const members = [...source.code.matchAll(/\??\.\s*(_\w+)|\[\s*['"`](_\w+)['"`]\s*\]/g)].map(
        (match) => (match[1] ?? match[2])!,
      );
      for (const member of members) {
        if (!IMPLEMENTER_METHODS.has(member)) wrong.push(`${source.path} uses ${member}`);
      }
      const backDoor =
        /process\s*\.\s*binding\b|getOwnPropertySymbols|--expose[-_]internals|['"]internal\/|node:internal/.exec(
          source.code,
        );
      if (backDoor) wrong.push(`${source.path} uses ${backDoor[0]}`);
    }
    expect(wrong).to.deep.equal([]);
  });

  it('leaves role differences to the role files', () => {
    const ladders = sources
      .filter((source) => /^lib\/(protocol|handshake|connection)\//.test(source.path))
      .filter((source) => /\bif\s*\(\s*!?\s*this\s*\.\s*#?is(?:Server|Client)\b/.test(source.code))
      .map((source) => source.path);
    expect(ladders).to.deep.equal([]);
  });

  it('exports from index.ts and does nothing else there', () => {
    const index = sources.find((source) => source.path === 'lib/index.ts');
    const rest = index?.code.replace(/export\s+(?:type\s+)?(?:\{[^}]*\}|\*)\s+from\s+'[^']+';/g, '').trim();
    expect(rest).to.equal('');
  });
});

describe('the structure of spec', () => {
  it('mirrors lib: a module with code has its spec, or is imported by one, in the folder of the same name', () => {
    const specs = listSources('spec').filter((source) => source.path.endsWith('.spec.ts'));
    const missing = listSources('lib')
      // Declarations alone leave nothing to run; tsc and spec/types judge them.
      .filter((source) => hasRuntimeCode(source.code))
      // The command line is tried as a program, and the exports by spec/package.spec.ts.
      .filter((source) => !/^lib\/(?:cli\/|index\.ts$)/.test(source.path))
      .filter((source) => {
        const stem = source.path.replace(/^lib\//, 'spec/').replace(/\.ts$/, '');
        return !specs.some(
          (spec) =>
            spec.path.startsWith(`${stem}.`) ||
            (dirname(spec.path) === dirname(stem) &&
              importsOf(spec).some(({ specifier }) => targetOf(spec, specifier) === source.path)),
        );
      })
      .map((source) => source.path);
    expect(missing).to.deep.equal([]);
  });

  it('keeps every spec where mocha finds it', () => {
    const stray = listSources('spec')
      .filter((source) => /^describe\(/m.test(source.code) && !source.path.endsWith('.spec.ts'))
      .map((source) => source.path);
    expect(stray).to.deep.equal([]);
  });
});

/** Tells whether anything of a module is left once its types are erased. */
function hasRuntimeCode(code: string): boolean {
  return /^(?:export\s+)?(?:default\s+)?(?:abstract\s+)?(?:const|let|class|function|async\s+function)\s/m.test(
    code,
  );
}
