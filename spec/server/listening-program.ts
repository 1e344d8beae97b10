/*
 * A program that listens, says where, and drains once its standard input ends. Run by own-server.spec.ts with fewer
 * descriptors than it is asked for connections.
 */
import type { AddressInfo } from 'node:net';
import { setLogger } from '../../lib/logging.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';

const quiet = (): void => {};
setLogger({ debug: quiet, info: quiet, warn: quiet, error: quiet });
const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', handshakeTimeoutMs: 2_000 });
process.stdin.on('end', () => void registry.drain({ timeout: 0 })).resume();
process.stdout.write(`${String((registry.address() as AddressInfo).port)}\n`);
