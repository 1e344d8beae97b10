/* Judged by the compiler alone, against the declarations that ship. */
import {
  ConnectionClosedError,
  HandshakeError,
  InvalidOptionError,
  InvalidStateError,
  LimitError,
  ProtocolError,
  WebSocketError,
  loglevel,
  setLogger,
} from 'hawser';
import { expectTrue, type Same } from './expect-type.js';

export function narrowing(error: unknown): void {
  if (error instanceof WebSocketError) expectTrue<Same<typeof error.code, string>>();
  if (error instanceof HandshakeError) {
    expectTrue<Same<typeof error.stage, 'dns' | 'tcp' | 'proxy' | 'tls' | 'http' | 'validate'>>();
    expectTrue<Same<typeof error.statusCode, number | undefined>>();
  }
  if (error instanceof ProtocolError) expectTrue<Same<typeof error.closeCode, number>>();
  if (error instanceof LimitError) expectTrue<Same<typeof error.limit, string>>();
  if (error instanceof ConnectionClosedError) expectTrue<Same<typeof error.wasClean, boolean>>();
  expectTrue<InvalidStateError extends WebSocketError ? true : false>();
  expectTrue<InvalidOptionError extends WebSocketError ? true : false>();
}

export function logging(): void {
  expectTrue<Same<ReturnType<typeof loglevel>, 'debug' | 'info' | 'notice' | 'warn' | 'error'>>();
  loglevel('debug');
  // @ts-expect-error no such level
  loglevel('verbose');
  setLogger(null);
  const method = (fields: Record<string, unknown>, message: string): void => console.log(fields, message);
  setLogger({ debug: method, info: method, warn: method, error: method });
  // @ts-expect-error a method is missing
  setLogger({ debug: method });
}
