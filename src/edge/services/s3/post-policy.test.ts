import { describe, expect, test } from 'vitest'
import { allowedByPolicy, readPostPolicy } from './post-policy.ts'

const expiration = '2026-11-22T15:00:00Z'
const now = Date.UTC(2026, 10, 22, 14)
const encoded = (document: unknown) =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64')
const read = (document: unknown) => readPostPolicy(encoded(document))

function ask(conditions: unknown[], fields: Record<string, string> = {}, at = now) {
  const policy = read({ expiration, conditions: [{ bucket: 'lab' }, ...conditions] })
  if ('fault' in policy) throw new Error(policy.message)
  const allowed = allowedByPolicy(policy, { bucket: 'lab', key: 'ada/x', fields: new Map(Object.entries(fields)) }, at)
  return 'fault' in allowed ? allowed.message.replace('Invalid according to Policy: ', '') : allowed
}
const any = { least: 0, most: Number.MAX_SAFE_INTEGER }

describe('a policy allows a form', () => {
  test.each<[unknown[], Record<string, string>]>([
    [[], {}],
    [[{ key: 'ada/x' }], { key: `ada/\${filename}` }],
    [[['starts-with', '$key', 'ada/']], { key: 'ada/x' }],
    [[['StArTs-WiTh', '$KeY', '']], { key: 'ada/x' }],
    [[['eq', '$x-amz-meta-a', 'b']], { 'x-amz-meta-a': 'b' }],
    [[], { policy: 'p', 'x-amz-signature': 's', 'x-ignore-me': 'x', 'x-amz-checksum-sha256': 'x' }],
    [[['starts-with', '$Content-Type', 'image/']], { 'content-type': 'image/png, image/gif' }],
    [[{ success_action_status: '201' }], { success_action_status: '201' }],
  ])('of %j with %j', (conditions, fields) => {
    expect(ask(conditions, fields)).toEqual(any)
  })

  test('of the size that all its ranges have', () => {
    expect(ask([['content-length-range', 1, 100]])).toEqual({ least: 1, most: 100 })
    expect(
      ask([
        ['content-length-range', 1, 100],
        ['content-length-range', '10', '1000'],
      ]),
    ).toEqual({ least: 10, most: 100 })
  })
})

describe('a policy does not allow a form', () => {
  test.each<[string, unknown[], Record<string, string>]>([
    ['Policy Condition failed: ["eq","$key","x"]', [{ key: 'x' }], { key: 'x' }],
    ['Policy Condition failed: ["starts-with","$key","bob/"]', [['starts-with', '$key', 'bob/']], {}],
    ['Policy Condition failed: ["eq","$acl","private"]', [{ acl: 'private' }], {}],
    ['Policy Condition failed: ["eq","$x-amz-meta-a",""]', [['eq', '$x-amz-meta-a', '']], { 'x-amz-meta-a': 'b' }],
    [
      'Policy Condition failed: ["starts-with","$Content-Type","image/"]',
      [['starts-with', '$Content-Type', 'image/']],
      { 'content-type': 'image/png, text/html' },
    ],
    ['Extra input fields: x-amz-meta-a', [], { 'x-amz-meta-a': 'b' }],
    ['Extra input fields: x-amz-security-token', [], { 'x-amz-security-token': 't' }],
  ])('%s', (fault, conditions, fields) => {
    expect(ask(conditions, fields)).toBe(fault)
  })

  test('without a condition on its bucket, or of another one', () => {
    const asked = (conditions: unknown[]) => {
      const policy = read({ expiration, conditions })
      return 'fault' in policy ? policy : allowedByPolicy(policy, { bucket: 'lab', key: 'x', fields: new Map() }, now)
    }
    expect(asked([])).toMatchObject({ fault: 'form', message: expect.stringContaining('Extra input fields: bucket') })
    expect(asked([{ bucket: 'other' }])).toMatchObject({ fault: 'form' })
  })

  test('after its end', () => {
    expect(ask([], {}, Date.parse(expiration))).toEqual(any)
    expect(ask([], {}, Date.parse(expiration) + 1)).toBe('Policy expired.')
  })
})

describe('a policy is refused', () => {
  test.each<[unknown, string]>([
    ['', "Expecting '{' but found End-of-Input"],
    ['{', 'Invalid JSON.'],
    ['[]', 'Invalid JSON.'],
    [{ conditions: [] }, 'Policy missing expiration.'],
    [{ EXPIRATION: expiration, conditions: [] }, 'Policy missing expiration.'],
    [{ expiration }, 'Policy missing conditions.'],
    [{ expiration, conditions: {} }, "Invalid 'conditions' value: must be a List."],
    [{ expiration, conditions: [], more: 1 }, "Unexpected: 'more'."],
    [
      { expiration: '2026-11-22 15:00:00+00:00', conditions: [] },
      "Invalid 'expiration' value: '2026-11-22 15:00:00+00:00'",
    ],
    [{ expiration: '2026-13-22T15:00:00Z', conditions: [] }, "Invalid 'expiration' value: '2026-13-22T15:00:00Z'"],
    [{ expiration, conditions: ['x'] }, 'Invalid condition test: must be a List or Object.'],
    [
      { expiration, conditions: [{}] },
      'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
    ],
    [
      { expiration, conditions: [{ a: '1', b: '2' }] },
      'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
    ],
    [{ expiration, conditions: [{ a: 1 }] }, 'Invalid Simple-Condition: value must be a string.'],
    [{ expiration, conditions: [[]] }, 'Invalid Condition: missing operation identifier.'],
    [{ expiration, conditions: [['ends-with', '$key', 'x']] }, "Invalid Condition: unknown operation 'ends-with'."],
    [{ expiration, conditions: [['eq', '$key']] }, 'Invalid eq: wrong number of arguments.'],
    [{ expiration, conditions: [['eq', 'key', 'x']] }, 'Invalid JSON.'],
    [
      { expiration, conditions: [['content-length-range', 0]] },
      'Invalid content-length-range: wrong number of arguments.',
    ],
    [
      { expiration, conditions: [['content-length-range', -1, 0]] },
      'Invalid content-length-range: not a number of bytes.',
    ],
  ])('%j', (document, text) => {
    expect(read(document)).toEqual({ fault: 'document', message: `Invalid Policy: ${text}` })
  })

  test('that is not in base64', () => {
    expect(readPostPolicy('{"}')).toEqual({ fault: 'document', message: 'Invalid Policy: invalid Base64 encoding.' })
  })
})
