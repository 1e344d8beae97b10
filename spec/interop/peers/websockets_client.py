"""Client on Python's websockets; it takes the steps of ../adapter.ts.

usage: websockets_client.py [--ca FILE] [--protocol NAME] URL STEP...
"""

import argparse
import asyncio
import json
import os
import ssl
import sys

import websockets


def report(**event):
    print(json.dumps(event), flush=True)


def fail(message):
    print(message, file=sys.stderr, flush=True)
    # Not sys.exit, which would wait for the closing handshake.
    os._exit(1)


async def pieces_of(pieces):
    for piece in pieces:
        yield piece


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
    parser.add_argument("url")
    parser.add_argument("steps", nargs="*")
    options = parser.parse_args()
    context = ssl.create_default_context(cafile=options.ca) if options.ca else None
    try:
        connection = await websockets.connect(
            options.url, ssl=context, subprotocols=options.protocol, max_size=16 * 1024 * 1024
        )
    except websockets.InvalidStatusCode as error:
        report(event="refused", status=error.status_code)
        return
    report(event="connect", protocol=connection.subprotocol or "", version=websockets.__version__)
    for step in options.steps:
        await take(connection, step)
    await connection.close()
    report(event="disconnect", code=connection.close_code, reason=connection.close_reason)


asyncio.run(main())
