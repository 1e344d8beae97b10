export { Connection, type TakeoverRole } from './takeover.js';
export type { KeepaliveConfiguration } from './connection/heartbeat.js';
export type { Role } from './connection/connection.js';
export type {
  ConnectDetails,
  ConnectionEvents,
  Handler,
  HandlerArguments,
  HandlerMessages,
  Origin,
  TimeoutKind,
} from './connection/connection-events.js';
export type { ConnectionCounters, ConnectionInfo, ConnectionState } from './connection/connection-info.js';
export type { ConnectionOptions, SlowConsumerPolicy } from './connection/connection-options.js';
export {
  KeepaliveController,
  type KeepaliveControllerOptions,
  type KeepaliveEvents,
} from './connection/keepalive-controller.js';
export type {
  KeepaliveEntry,
  KeepaliveOptions,
  KeepaliveSettings,
  KeepaliveTarget,
} from './connection/keepalive-entry.js';
export type { MessagePieces } from './connection/message-source.js';
export type { MessageData, SendType } from './connection/outgoing-message.js';
export { PreparedMessage } from './connection/prepared-message.js';
export { processLimits, type ProcessLimits } from './connection/process-limits.js';
export type { TakenStream, TakeoverOptions } from './connection/takeover-options.js';
export { WebSocketClient } from './client/websocket-client.js';
export type { ClientOptions, OpeningOptions, TransportOptions } from './client/client-options.js';
export type { PerMessageDeflateOptions, ZlibDeflateOptions } from './compression/deflate-options.js';
export {
  ConnectionClosedError,
  HandshakeError,
  InvalidOptionError,
  InvalidStateError,
  LimitError,
  ProtocolError,
  WebSocketError,
  type HandshakeErrorDetails,
  type HandshakeStage,
} from './errors.js';
export type { CallerHeaders } from './handshake/caller-headers.js';
export type { OriginPredicate, Origins } from './handshake/origin.js';
export { loglevel, setLogger, type LogLevel, type Logger, type LogMethod } from './logging.js';
export type { MessageFragment, MessageType } from './protocol/fragment-decoder.js';
export { CloseCode, Opcode } from './protocol/constants.js';
export type { BroadcastOptions } from './server/broadcast.js';
export type { ClientAddress } from './server/client-address.js';
export type { DrainOptions } from './server/drain.js';
export type { LivePath } from './server/live-path.js';
export { refuse, type Refusal } from './server/refusal.js';
export type {
  AcceptOptions,
  Authorize,
  ListenOptions,
  LookupPeerName,
  RegistryOptions,
  SelectProtocol,
} from './server/registry-options.js';
export { ServerRegistry, type RegistryEvents } from './server/server-registry.js';
export { WebSocketServer } from './server/websocket-server.js';
