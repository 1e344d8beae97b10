import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import type { ConnectionSettings } from '../connection/connection-options.js';
import type { OpenStream } from '../connection/open-stream.js';
import { isDuplex } from '../connection/stream-claim.js';
import { takeoverSettings, type TakeoverOptions } from '../connection/takeover-options.js';
import { InvalidOptionError } from '../errors.js';

/** Is what a registry knows of a connection it has upgraded. @internal */
export interface UpgradedStream {
  readonly settings: ConnectionSettings;
  readonly open: OpenStream;
  readonly context: unknown;
  readonly remoteName: string;
}

/**
 * Is the server's end of one accepted connection. A ServerRegistry makes them; constructed by hand, it takes over a
 * byte stream on which the opening handshake is done (websocket(n): takeover).
 */
export class WebSocketServer extends Connection {
  /** What the registry's `authorize` returned. */
  readonly context: unknown;

  /**
   * Takes over a byte stream in the server role; `connect` follows on the next tick.
   * @param stream - any open Duplex of bytes: TCP, TLS, an HTTP/2 stream, one in memory.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no Duplex, an unknown option or a bad value;
   * InvalidStateError (`ERR_WS_INVALID_STATE`) for a stream that is not open or is a WebSocket already.
   */
  constructor(stream: Duplex, options?: TakeoverOptions);
  /** @internal */
  constructor(stream: Duplex, options: undefined, upgraded: UpgradedStream);
  constructor(stream: Duplex, options?: TakeoverOptions, upgraded?: UpgradedStream) {
    const { settings, open } = upgraded ?? takeoverSettings('server', checkStream(stream), options);
    super(settings);
    this.context = upgraded?.context;
    this.attach(open, upgraded?.remoteName);
    process.nextTick(announce, this, open);
  }

  /** Role of this end. */
  override get role(): 'server' {
    return 'server';
  }
}

function announce(connection: Connection, open: OpenStream): void {
  connection.announce(open);
}

/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that tells who looks for the listening side where it is. */
function checkStream(stream: unknown): Duplex {
  if (isDuplex(stream)) return stream;
  throw new InvalidOptionError(
    'stream',
    stream,
    'a Duplex of bytes, such as a socket',
    'WebSocketServer is one accepted connection; to listen: ServerRegistry.listen({ port })',
  );
}
