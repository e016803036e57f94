import { pino } from 'pino'
import { expect, test } from 'vitest'
import { readableLine } from './readable-log.ts'

function logged(write: (log: pino.Logger) => void): string {
  let text = ''
  const destination = {
    write: (line: string) => {
      text += readableLine(line)
    },
  }
  write(pino({ base: undefined }, destination))
  return text
}

test('a line has its time, level, message and members', () => {
  expect(logged((log) => log.info('jobs go on'))).toMatch(/^\d\d:\d\d:\d\d info {5}jobs go on\n$/)
  expect(logged((log) => log.warn({ driver: 'docker', tries: 3 }, 'the engine is away'))).toMatch(
    /^\S+ warning {2}the engine is away {2}driver="docker" {2}tries=3\n$/,
  )
})

test('an error has its stack below, each line indented', () => {
  const text = logged((log) => log.error({ err: new Error('no room') }, 'cannot write'))
  expect(text).toMatch(/^\S+ error {4}cannot write\n {4}Error: no room\n {8}at /)
})

test('control characters are removed, and a line that is not an entry stays as it is', () => {
  expect(logged((log) => log.info('a\u001b[2Jb\nc'))).toMatch(/ a \[2Jb c\n$/)
  expect(readableLine('plain\n')).toBe('plain\n')
})
