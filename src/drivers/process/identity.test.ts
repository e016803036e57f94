import { describe, expect, it } from 'vitest'
import { isAlive, parseStat, readStat } from './identity.ts'

describe('parseStat', () => {
  it('is not misled by the name of a program', () => {
    const line = `77 (a) Z 1 (b)) S 1 77 42 0 -1 4194304 ${'0 '.repeat(12)}98765 1 2`
    expect(parseStat(line)).toEqual({ pid: 77, startTicks: '98765', zombie: false, stopped: false, session: 42 })
  })

  it.each(['', 'nonsense', '12 (cut'])('returns nothing for %j', (line) => {
    expect(parseStat(line)).toBeUndefined()
  })
})

describe('isAlive', () => {
  it('distinguishes this process from another with the same id', () => {
    const self = readStat(process.pid)!
    expect(isAlive(self)).toBe(true)
    expect(isAlive({ ...self, startTicks: '1' })).toBe(false)
  })
})
