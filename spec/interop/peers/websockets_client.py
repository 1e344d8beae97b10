"""Client on Python's websockets; it takes the steps of ../adapter.ts.

usage: websockets_client.py [--ca FILE] [--protocol NAME] [--deflate JSON] URL STEP...
"""

import argparse
import asyncio
import json
import os
import ssl
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


def report(**event):
    print(json.dumps(event), flush=True)


def fail(message):
    print(message, file=sys.stderr, flush=True)
    # Not sys.exit, which would wait for the closing handshake.
    os._exit(1)


async def pieces_of(pieces):
    for piece in pieces:
        yield piece


def log(length):
    """Gives ASCII in lines that are alike."""
    lines = (f"line {line} of the log: made fast\n" for line in range(length // 20 + 1))
    return "".join(lines)[:length]


def compression(options):
    """Reads the options of ws for compression."""
    if options is True:
        return None
    if options is False:
        return []
    return [
        ClientPerMessageDeflateFactory(
            server_no_context_takeover=options.get("serverNoContextTakeover", False),
            client_no_context_takeover=options.get("clientNoContextTakeover", False),
            server_max_window_bits=options.get("serverMaxWindowBits"),
            client_max_window_bits=options.get("clientMaxWindowBits", True),
        )
    ]


def describe(extensions):
    """Tells of each extension in force its name and its parameters."""
    return "; ".join(repr(extension) for extension in extensions)


async def take(connection, step):
    kind, _, argument = step.partition(":")
    if kind == "ping":
        pong = await connection.ping(argument)
        latency = await asyncio.wait_for(pong, 10)
        report(event="pong", payload=argument, latency=latency)
        return
    if kind == "close":
        code, _, reason = argument.partition(":")
        await connection.close(int(code or 1000), reason)
        return
    if kind == "closed":
        await connection.wait_closed()
        return
    if kind == "receive":
        expected = argument
    elif kind == "text":
        expected = argument
        await connection.send(expected)
    elif kind == "binary":
        expected = bytes.fromhex(argument)
        await connection.send(expected)
    elif kind == "octets":
        expected = os.urandom(int(argument))
        await connection.send(expected)
    elif kind == "log":
        expected = log(int(argument))
        await connection.send(expected)
    elif kind == "table":
        expected = log(int(argument)).encode()
        await connection.send(expected)
    elif kind == "fragments":
        pieces = argument.split("|")
        expected = "".join(pieces)
        await connection.send(pieces_of(pieces))
    else:
        fail(f"no such step: {kind}")
    received = await connection.recv()
    if received != expected:
        fail(f"{kind}: {len(received)} came, which is not what was due")
    octets = len(expected.encode() if isinstance(expected, str) else expected)
    report(event="echo", kind=kind, octets=octets)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ca")
    parser.add_argument("--protocol", action="append")
    parser.add_argument("--deflate", default="true")
    parser.add_argument("url")
    parser.add_argument("steps", nargs="*")
    options = parser.parse_args()
    context = ssl.create_default_context(cafile=options.ca) if options.ca else None
    try:
        deflate = json.loads(options.deflate)
        connection = await websockets.connect(
            options.url,
            ssl=context,
            subprotocols=options.protocol,
            max_size=16 * 1024 * 1024,
            compression="deflate" if deflate is True else None,
            extensions=compression(deflate),
        )
    except websockets.InvalidStatusCode as error:
        report(event="refused", status=error.status_code)
        return
    report(
        event="connect",
        protocol=connection.subprotocol or "",
        extensions=describe(connection.extensions),
        version=websockets.__version__,
    )
    for step in options.steps:
        await take(connection, step)
    await connection.close()
    report(event="disconnect", code=connection.close_code, reason=connection.close_reason)


asyncio.run(main())
