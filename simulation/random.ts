/**
 * The simulation's only source of chance: xoshiro128** (Blackman and Vigna,
 * https://prng.di.unimi.it/), seeded through the finaliser of MurmurHash3. Each random quantity has
 * a generator of its own, made from the scenario's seed and its purpose. So two schedulers that
 * take the same jobs in different orders still see the same jobs.
 */

export interface Random {
  /** 32 random bits. */
  bits(): number
  /** At least 0 and below 1, with 53 random bits. */
  next(): number
}

/** The same seeds give the same numbers, on every machine. */
export function createRandom(...seeds: readonly number[]): Random {
  let mixed = 0x9e3779b9
  for (const seed of seeds) mixed = scramble((mixed ^ seed) + 0x9e3779b9)
  const word = () => {
    mixed = (mixed + 0x9e3779b9) | 0
    return scramble(mixed)
  }
  let a = word()
  let b = word()
  let c = word()
  // All four zero is the one state that the generator never leaves.
  let d = word() | 1

  const bits = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 11)
    return result
  }
  return { bits, next: () => ((bits() >>> 5) * 67_108_864 + (bits() >>> 6)) / 9_007_199_254_740_992 }
}

/** A seed from a name (FNV-1a). */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** An exponential number with mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random.next())
}

/** A normal number with mean 0 and deviation 1 (Box and Muller). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
