import { randomInt } from 'node:crypto'
import { networkInterfaces } from 'node:os'

/**
 * Returns the first three numbers of a /24 that no interface of this machine is in, as in
 * `10.214.7`.
 */
export function freeSubnet(): string {
  const taken = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  for (let attempt = 0; attempt < 100; attempt++) {
    const prefix = `10.${randomInt(200, 250)}.${randomInt(0, 256)}`
    if (!taken.some((address) => address.address.startsWith(`${prefix}.`))) return prefix
  }
  throw new Error('no free subnet found in 10.200.0.0 to 10.249.255.0')
}
