import { describe, expect, test } from 'vitest'
import { eventStartOf, problemOf } from './event-start.ts'

const begins = (options: Parameters<typeof eventStartOf>[0], line: string) => eventStartOf(options)!.test(line)

describe('awslogs-datetime-format', () => {
  test.each([
    ['%Y-%m-%d %H:%M:%S', '2026-11-26 17:05:50 INFO begins', true],
    ['%Y-%m-%d %H:%M:%S', '  at com.lab.Main(Main.java:7)', false],
    ['%Y-%m-%d %H:%M:%S', '2026-13-26 17:05:50', false],
    ['%Y-%m-%d', 'somewhere in 2026-11-26 it stands', true],
    ['\\[%b %d, %Y %H:%M:%S\\]', '[Nov 26, 2026 17:05:50] begins', true],
    ['\\[%b %d, %Y %H:%M:%S\\]', 'Nov 26, 2026 17:05:50', false],
    ['%a %B %I:%M %p', 'Thu November 05:07 PM', true],
    ['%A %j %y', 'Thursday 330 26', true],
    ['%H:%M:%S%L', '17:05:50.123', true],
    ['%S.%f %z', '50.123456 +0100', true],
    ['%H %Z', '17 CEST', true],
    ['%w', '7', false],
    ['%d', '00', false],
    ['%q%d', '26', true],
  ])('%s: %s: %s', (datetimeFormat, line, expected) => expect(begins({ datetimeFormat }, line)).toBe(expected))
})

test('awslogs-multiline-pattern matches anywhere in the line, unless it is anchored', () => {
  expect(begins({ multilinePattern: 'ERROR|INFO' }, '12 INFO x')).toBe(true)
  expect(begins({ multilinePattern: '^(?:ERROR|INFO)' }, '12 INFO x')).toBe(false)
})

test('only the first characters of a line are examined, so that matching never takes long', () => {
  const multilinePattern = '(?:a|b)*a(?:a|b){100}c'
  expect(begins({ multilinePattern }, `a${'b'.repeat(100)}c`)).toBe(true)
  expect(begins({ multilinePattern }, `${'b'.repeat(5000)}a${'b'.repeat(100)}c`)).toBe(false)
})

test('any number of patterns can be in use, and each is found again', () => {
  for (let n = 0; n < 300; n++) expect(begins({ multilinePattern: `^${n}$` }, String(n))).toBe(true)
  expect(begins({ multilinePattern: '^0$' }, '0')).toBe(true)
})

test('there is no pattern without options or with invalid ones, and the problem is reported', () => {
  expect(eventStartOf(undefined)).toBeUndefined()
  expect(problemOf(undefined)).toBeUndefined()
  expect(problemOf({ multilinePattern: '^INFO' })).toBeUndefined()
  expect(eventStartOf({ multilinePattern: '[' })).toBeUndefined()
  expect(problemOf({ multilinePattern: '[' })).toBe(
    'awslogs could not parse multiline pattern key "[": missing closing ]',
  )
  expect(problemOf({ multilinePattern: '(a{500}){500}' })).toContain('the expression is too large')
  expect(problemOf({ datetimeFormat: '%Y', multilinePattern: '^INFO' })).toBe(
    "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
  )
})
