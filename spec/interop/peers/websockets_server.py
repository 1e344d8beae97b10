"""Echo server on Python's websockets.

Paths: /echo; /fragments, which sends a text in three fragments; /ping, which
sends a ping, and `pong` once that was answered; /close/CODE/REASON.

usage: websockets_server.py [--tls-key FILE --tls-cert FILE] [--protocol NAME] [--deflate JSON]
"""

import argparse
import asyncio
import http
import json
import ssl

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


def report(**event):
    print(json.dumps(event), flush=True)


async def serve_connection(connection, path):
    extensions = "; ".join(repr(extension) for extension in connection.extensions)
    report(event="connect", path=path, protocol=connection.subprotocol or "", extensions=extensions)
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


def compression(options):
    """Reads the options of ws for compression."""
    if options is True:
        return None
    if options is False:
        return []
    return [
        ServerPerMessageDeflateFactory(
            server_no_context_takeover=options.get("serverNoContextTakeover", False),
            client_no_context_takeover=options.get("clientNoContextTakeover", False),
            server_max_window_bits=options.get("serverMaxWindowBits"),
            client_max_window_bits=options.get("clientMaxWindowBits"),
        )
    ]


async def refuse_unknown(path, _headers):
    if path.split("/")[1] not in ("echo", "fragments", "ping", "close"):
        return http.HTTPStatus.NOT_FOUND, [], b"no such path\n"
    return None


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls-key")
    parser.add_argument("--tls-cert")
    parser.add_argument("--protocol", action="append")
    parser.add_argument("--deflate", default="true")
    options = parser.parse_args()
    deflate = json.loads(options.deflate)
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
        compression="deflate" if deflate is True else None,
        extensions=compression(deflate),
    )
    port = server.sockets[0].getsockname()[1]
    scheme = "wss" if context else "ws"
    report(event="listening", url=f"{scheme}://127.0.0.1:{port}/", version=websockets.__version__)
    await asyncio.Future()


asyncio.run(main())
