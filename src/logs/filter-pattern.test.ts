import { describe, expect, it } from 'vitest'
import { isRefusal } from '../model/refusal.ts'
import { parseFilterPattern } from './filter-pattern.ts'

const malformed = { kind: 'refusal', code: 'InvalidParameterException', message: 'Invalid filter pattern' }

function matches(pattern: string, message: string | object): boolean | 'malformed' {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  const parsed = parseFilterPattern(pattern)
  return isRefusal(parsed) ? 'malformed' : parsed.matches(text)
}

describe('terms', () => {
  it.each([
    // These examples are from CloudWatch's documentation.
    ['ERROR', '[ERROR] A fatal exception has occurred', true],
    ['ERROR', 'Exiting with ERRORCODE: -1', true],
    ['"ERROR" - "Exiting"', 'Exiting with ERRORCODE: -1', false],
    ['ERROR Exception', '[ERROR] Caught IllegalArgumentException', true],
    ['ERROR Exception', '[ERROR] Caught nothing', false],
    ['"Failed to process the request"', '[WARN] Failed to process the request', true],
    ['?ERROR ?WARN', 'WARN message', true],
    ['?ERROR ?WARN', 'INFO message', false],
    ['ERROR WARN', 'ERROR WARN message', true],
    ['ERROR -WARN', 'ERROR message', true],
    ['ERROR -WARN', 'ERROR WARN message', false],
    ['-ERROR', 'fine', true],
    ['error', 'ERROR', false],
    ['', 'anything', true],
    ['  ', 'anything', true],
    // Optional terms are ignored when other terms are present.
    ['?ERROR REQUEST', 'the REQUEST', true],
    ['?ERROR REQUEST', 'ERROR', false],
    ['"say \\"hi\\""', 'they say "hi"', true],
    ['%AUTHORIZED%', '[ERROR 401] UNAUTHORIZED REQUEST', true],
    ['%colou?r% red', 'a red colour', true],
    ['-%x+y%', 'xxy', false],
    ['"user.name=x"', 'with user.name=x.', true],
    ['größe', 'die größe', true],
  ])('%s on %s: %s', (pattern, message, expected) => expect(matches(pattern, message)).toBe(expected))

  it.each(['"open', 'a "b', '%open', '-', '? ', 'a %b% %', '%a(b)%', '%a!%', 'x'.repeat(1025)])(
    'refuses %s',
    (pattern) => {
      expect(parseFilterPattern(pattern)).toEqual(malformed)
    },
  )

  it.each([
    // Measured on the live service.
    ['Status: timeout', ':'],
    ['"retrieved":[]', ':'],
    ['user.name', '.'],
    ['(a)', '('],
    ['ok -/path', '/'],
  ])('names the character in %s that needs quotes', (pattern, character) => {
    expect(parseFilterPattern(pattern)).toMatchObject({ message: `Invalid character(s) in term '${character}'` })
  })
})

const trail = {
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  ThisFlag: true,
  latency: 1e3,
}
const people = {
  user: { id: 1, email: 'John.Stiles@example.com' },
  users: [
    { id: 2, email: 'John.Doe@example.com' },
    { id: 3, email: 'Jane.Doe@example.com' },
  ],
  actions: ['GET', 'PUT', 'DELETE'],
  coordinates: [
    [0, 1, 2],
    [4, 5, 6],
    [7, 8, 9],
  ],
}

describe('JSON', () => {
  it.each([
    ['{ $.eventType = "UpdateTrail" }', trail, true],
    ['{ $.eventType = UpdateTrail }', trail, true],
    ['{$.eventType=Update*}', trail, true],
    ['{ $.eventType = "*Trail" }', trail, true],
    ['{ $.eventType = *date* }', trail, true],
    ['{ $.eventType = %^Update[A-Z]% }', trail, true],
    ['{ $.eventType = Up*Trail }', trail, false],
    ['{ $.sourceIPAddress != 123.123.* }', trail, true],
    ['{ $.sourceIPAddress = 111.* }', trail, true],
    ['{ $.arrayKey[0] = "value" }', trail, true],
    ['{ $.arrayKey[2] = "value" }', trail, false],
    ['{ $.eventType[0] = "U" }', trail, false],
    ['{ $.objectList[1].id = 2 }', trail, true],
    ['{ $.objectList[*].id = 2 }', trail, true],
    ['{ $.objectList[*].id = 3 }', trail, false],
    ['{ $.SomeObject IS NULL }', trail, true],
    ['{ $.SomeOtherObject IS NULL }', trail, false],
    ['{ $.SomeOtherObject NOT EXISTS }', trail, true],
    ['{ $.SomeObject NOT EXISTS }', trail, false],
    ['{ $.ThisFlag IS TRUE }', trail, true],
    ['{ $.ThisFlag IS FALSE }', trail, false],
    ['{ $.latency >= 500 }', trail, true],
    ['{ $.latency < 10e2 }', trail, false],
    ['{ $.latency <= +1000 }', trail, true],
    ['{ $.latency > 999.5 && $.latency != -1 }', trail, true],
    ['{ $.eventType > 1 }', trail, false],
    ['{ $.eventType != 1 }', trail, true],
    ['{ $.arrayKey = 1 }', trail, false],
    ['{ $.arrayKey != 1 }', trail, false],
    ['{ $.missing != 1 }', trail, false],
    ['{ $.missing = * }', trail, false],
    ['{ $.latency = * }', trail, true],
    ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', people, true],
    ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', people, false],
    [
      '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }',
      people,
      true,
    ],
    [
      '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }',
      people,
      false,
    ],
    ['{ $.user.* = 1 }', people, true],
    ["{ $.['user'].id = 1 }", people, 'malformed'],
    ["{ $['user'].id = 1 }", people, true],
    ['{ $.__proto__ NOT EXISTS }', people, true],
    ['{ $.a = 1 }', 'no JSON', false],
    ['{ $.a = 1 }', '{"a":1', false],
  ])('%s on %o: %s', (pattern, message, expected) => expect(matches(pattern, message)).toBe(expected))

  it.each([
    '{}',
    '{ }',
    '{ $.a }',
    '{ $.a = }',
    '{ $ = 1 }',
    '{ a = 1 }',
    '{ ($.a = 1 }',
    '{ $.a = 1 && }',
    '{ $.a == 1 }',
    '{ $.a > x }',
    '{ $.a > "1" }',
    '{ $.a IS MAYBE }',
    '{ $.*.* = 1 }',
    '{ $.a = %x% && $.b = %y% && $.c = %z% }',
    '{ $.a.* = 1 && $.b.* = 1 && $.c.* = 1 && $.d.* = 1 }',
  ])('refuses %s', (pattern) => expect(parseFilterPattern(pattern)).toEqual(malformed))

  it.each(['{', '{ $.a = 1', '{ $.a = 1 } x'])('refuses %s, and says that it has no end', (pattern) =>
    expect(parseFilterPattern(pattern)).toMatchObject({
      code: 'InvalidParameterException',
      message: "If a filter pattern starts with '{' it must end with '}'",
    }),
  )
})

const requests = [
  '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.html HTTP/1.0" 404 1534',
  '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
  '127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /apache_pb.gif HTTP/1.0" 403 4355',
]

describe('space-delimited fields', () => {
  it.each([
    ['[ip, user, username, timestamp, request, status_code, bytes]', [true, true, true]],
    ['[ip, user, username, timestamp, request, status_code]', [false, false, false]],
    ['[ip, user, username, timestamp, request, status_code, bytes > 4000]', [false, true, true]],
    ['[ip, user, username, timestamp, request, status_code = 4*, bytes]', [true, false, true]],
    ['[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]', [true, false, false]],
    ['[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]', [true, false, false]],
    ['[ip, user, username, timestamp, request, status_code = 404 || status_code = 500, bytes]', [true, true, false]],
    ['[..., status_code=4*, bytes]', [true, false, true]],
    ['[..., request=*.html*, status_code=4*,]', [true, false, false]],
    ['[ip=%127\\.0\\.0\\.[1-9]%, ..., bytes >= 5e3]', [false, true, false]],
    ['[ip, ...]', [true, true, true]],
    ['[...]', [true, true, true]],
    ['[,, username = fr*, ...]', [true, true, true]],
  ])('%s', (pattern, expected) => expect(requests.map((message) => matches(pattern, message))).toEqual(expected))

  it.each([
    ['[w1=ERROR, w2]', [false, true, false]],
    ['[w1=ERROR || w1=WARN, w2]', [false, true, true]],
  ])('matches %s in few words', (pattern, expected) => {
    expect(['ERROR WARN message', 'ERROR message', 'WARN message'].map((message) => matches(pattern, message))).toEqual(
      expected,
    )
  })

  it.each([
    '[',
    '[a',
    '[a, b',
    '[a =]',
    '[a = 1 && b = 2]',
    '[a = 1 &&]',
    '[..., a, ...]',
    '[a] b',
    '[a > x]',
    '[1a]',
    '[a b]',
  ])('refuses %s', (pattern) => expect(parseFilterPattern(pattern)).toEqual(malformed))
})

describe('the cost of matching', () => {
  it.each([
    [`%${'a*'.repeat(20)}b%`, 'a'.repeat(100_000)],
    [`%[ab]*a[ab]{200}c%`, 'ab'.repeat(50_000)],
    ['[a, b]', '[ '.repeat(100_000)],
    ['[a, b]', '" '.repeat(100_001)],
    ['{ $.a = 1 }', '{"a":'.repeat(40_000)],
  ])('for %s is proportional to the length of the message', (pattern, message) => {
    // A backtracking matcher would never finish.
    expect(matches(pattern, message)).toBe(false)
  })
})
