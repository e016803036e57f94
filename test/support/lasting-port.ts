/**
 * A port for a server that is stopped and started again at the same address. The kernel gives
 * outgoing connections ports from a range of its own, so a port below that range stays free while
 * the server is down.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const lowest = 10_000

export async function lastingPort(): Promise<number> {
  const kernelsFirst = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10)
  if (kernelsFirst <= lowest) throw new Error(`the kernel gives outgoing connections ports from ${kernelsFirst} on`)
  for (let tries = 0; tries < 100; tries++) {
    // A server that speaks TLS takes the next port too.
    const port = lowest + 2 * Math.floor((Math.random() * (kernelsFirst - lowest)) / 2)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
  throw new Error(`no port from ${lowest} to ${kernelsFirst} is free`)
}

/** On all addresses: servers listen at one for their jobs too. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
