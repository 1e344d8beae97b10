import { duplexPair } from 'node:stream';
import { Connection, type ConnectionOptions } from '../../lib/index.js';

/** Are the two ends of a connection over memory. */
export interface ConnectionPair {
  readonly client: Connection;
  readonly server: Connection;
  /** Drops both ends and waits until they are gone. */
  readonly end: () => Promise<void>;
}

/** Joins a client and a server over memory; errors that nobody expects are ignored. */
export function connectionPair(clientOptions: ConnectionOptions = {}): ConnectionPair {
  const [left, right] = duplexPair();
  // As over a network: who drops one end drops the other.
  left.on('close', () => right.destroy());
  right.on('close', () => left.destroy());
  const client = Connection.takeover(left, clientOptions);
  const server = Connection.takeover(right, { server: true });
  const ends = [client, server].map((connection) => {
    connection.on('error', () => {});
    return new Promise<void>((resolve) => connection.once('close', () => resolve()));
  });
  const end = async (): Promise<void> => {
    client.terminate();
    server.terminate();
    await Promise.all(ends);
  };
  return { client, server, end };
}
