# SPDX-License-Identifier: BSD-3-Clause
"""channels_redis, on which Django's websockets stand: two layers as of two processes, by queues and by publishing."""

import asyncio
import os

from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

URL = os.environ["REDIS_URL"]


async def messages(sender, receiver):
    channel = await receiver.new_channel()
    waiting = asyncio.create_task(receiver.receive(channel))
    await asyncio.sleep(0)
    await sender.send(channel, {"type": "chat.message", "text": "Zoë", "bytes": b"\x00\xff"})
    assert await waiting == {"type": "chat.message", "text": "Zoë", "bytes": b"\x00\xff"}
    for number in range(5):
        await sender.send(channel, {"type": "number", "number": number})
    assert [(await receiver.receive(channel))["number"] for _ in range(5)] == list(range(5))


async def groups(sender, receiver):
    channels = [await receiver.new_channel() for _ in range(10)]
    for channel in channels:
        await receiver.group_add("room", channel)
    await receiver.group_discard("room", channels[0])
    await sender.group_send("room", {"type": "news", "text": "to nine"})
    received = await asyncio.gather(*(receiver.receive(channel) for channel in channels[1:]))
    assert received == [{"type": "news", "text": "to nine"}] * 9
    try:
        await asyncio.wait_for(receiver.receive(channels[0]), 0.2)
    except asyncio.TimeoutError:
        return
    raise AssertionError("who left the group was sent its message")


async def capacity():
    layer = RedisChannelLayer(hosts=[URL], capacity=3, prefix="small")
    for _ in range(3):
        await layer.send("queue", {"type": "x"})
    try:
        await layer.send("queue", {"type": "x"})
    except ChannelFull:
        pass
    else:
        raise AssertionError("more than its capacity")
    await layer.group_add("room", "queue")
    await layer.group_send("room", {"type": "to nobody: it is full"})
    assert [(await layer.receive("queue"))["type"] for _ in range(3)] == ["x"] * 3
    await layer.flush()
    await layer.close_pools()


async def expiry():
    layer = RedisChannelLayer(hosts=[URL], expiry=1, prefix="short")
    await layer.send("queue", {"type": "old"})
    await asyncio.sleep(1.2)
    await layer.send("queue", {"type": "new"})
    assert (await layer.receive("queue"))["type"] == "new"
    await layer.close_pools()


async def main():
    for kind in (RedisChannelLayer, RedisPubSubChannelLayer):
        sender, receiver = kind(hosts=[URL]), kind(hosts=[URL])
        await messages(sender, receiver)
        await groups(sender, receiver)
        for layer in (sender, receiver):
            await layer.flush()
            await (layer.close_pools() if kind is RedisChannelLayer else asyncio.sleep(0))
    await capacity()
    await expiry()


if __name__ == "__main__":
    asyncio.run(main())
