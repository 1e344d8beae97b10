"""Echo server on Python's websockets.

Paths: /echo; /fragments, which sends a text in three fragments; /ping, which
sends a ping, and `pong` once that was answered; /close/CODE/REASON.

usage: websockets_server.py [--tls-key FILE --tls-cert FILE] [--protocol NAME]
"""

import argparse
import asyncio
import http
import json
import ssl

import websockets


def report(**event):
    print(json.dumps(event), flush=True)


async def serve_connection(connection, path):
    report(event="connect", path=path, protocol=connection.subprotocol or "")
    try:
        _, kind, *arguments = path.split("/")
        if kind == "fragments":
            await connection.send(fragments())
        elif kind == "ping":
            pong = await connection.ping("are you there")
            latency = await asyncio.wait_for(pong, 10)
            await connection.send("pong" if latency > 0 else "no latency")
        elif kind == "close":
            await connection.close(int(arguments[0]), arguments[1])
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosedError:
        pass
    await connection.wait_closed()
    report(event="disconnect", code=connection.close_code, reason=connection.close_reason)


async def fragments():
    for piece in ("made ", "fast ", "⚓"):
        yield piece


async def refuse_unknown(path, _headers):
    if path.split("/")[1] not in ("echo", "fragments", "ping", "close"):
        return http.HTTPStatus.NOT_FOUND, [], b"no such path\n"
    return None


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls-key")
    parser.add_argument("--tls-cert")
    parser.add_argument("--protocol", action="append")
    options = parser.parse_args()
    context = None
    if options.tls_key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
    server = await websockets.serve(
        serve_connection,
        "127.0.0.1",
        0,
        ssl=context,
        subprotocols=options.protocol,
        max_size=16 * 1024 * 1024,
        process_request=refuse_unknown,
    )
    port = server.sockets[0].getsockname()[1]
    scheme = "wss" if context else "ws"
    report(event="listening", url=f"{scheme}://127.0.0.1:{port}/", version=websockets.__version__)
    await asyncio.Future()


asyncio.run(main())
