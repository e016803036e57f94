import { describe, expect, test } from 'vitest'
import type { CorsRule } from '../../../objects/bucket-settings.ts'
import { corsHeaders } from './cors-match.ts'

const rule = (change: Partial<CorsRule>): CorsRule => ({
  ...{ allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] },
  ...change,
})
const originFor = (rules: readonly CorsRule[], origin: string, method = 'GET') =>
  corsHeaders(rules, { origin, method })?.['access-control-allow-origin']

describe('an origin', () => {
  const rules = [
    rule({ allowedOrigins: ['*suffix'] }),
    rule({ allowedOrigins: ['start*end'] }),
    rule({ allowedOrigins: ['prefix*'] }),
    rule({ allowedOrigins: ['*.put'], allowedMethods: ['PUT'] }),
    rule({ allowedOrigins: ['https://lab.example', 'https://desk.example:8443'] }),
  ]
  test.each([
    ['foo.suffix', true],
    ['foo.suffix.get', false],
    ['startend', true],
    ['start1end', true],
    ['0start12end', false],
    ['starend', false],
    ['prefix', true],
    ['bla.prefix', false],
    ['foo.put', false],
    ['https://lab.example', true],
    ['HTTPS://lab.example', false],
    ['https://desk.example', false],
  ])('%s: %s', (origin, allowed) => {
    expect(originFor(rules, origin)).toBe(allowed ? origin : undefined)
  })

  test('is allowed a method only by a rule that has both', () => {
    expect(originFor(rules, 'foo.put', 'PUT')).toBe('foo.put')
    expect(originFor(rules, 'foo.suffix', 'PUT')).toBeUndefined()
  })

  test('that any rule allows is answered with * and without credentials', () => {
    expect(corsHeaders([rule({})], { origin: 'https://lab.example', method: 'GET' })).toEqual({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    })
  })

  test('that is named gets all that its rule has', () => {
    const named = rule({
      ...{ allowedOrigins: ['https://lab.example'], allowedMethods: ['GET', 'PUT'], allowedHeaders: ['*'] },
      ...{ exposeHeaders: ['ETag', 'x-amz-meta-a'], maxAgeSeconds: 0 },
    })
    const asked = { origin: 'https://lab.example', method: 'PUT', requestHeaders: 'Content-Type,  X-Amz-Date' }
    expect(corsHeaders([named], asked)).toMatchObject({
      'access-control-allow-origin': 'https://lab.example',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'content-type, x-amz-date',
      'access-control-expose-headers': 'ETag, x-amz-meta-a',
      'access-control-max-age': '0',
      'access-control-allow-credentials': 'true',
    })
  })
})

describe('headers that a page asks for', () => {
  const isAllowed = (requestHeaders: string, ...allowedHeaders: string[]) =>
    corsHeaders([rule({ allowedHeaders })], { origin: 'o', method: 'GET', requestHeaders }) !== undefined
  test.each<[string, string[], boolean]>([
    ['', [], true],
    [' , ', [], true],
    ['x-amz-meta-a', [], false],
    ['X-Amz-Meta-A', ['x-amz-meta-a'], true],
    ['x-amz-meta-a', ['X-AMZ-*'], true],
    ['x-amz-date, range', ['x-amz-*'], false],
    ['x-amz-date, range', ['x-amz-*', 'Range'], true],
    ['anything', ['*'], true],
  ])('%s by %j: %s', (asked, allowed, expected) => {
    expect(isAllowed(asked, ...allowed)).toBe(expected)
  })

  test('are refused where they are more than anybody needs', () => {
    expect(isAllowed(Array(100).fill('a').join(), '*')).toBe(true)
    expect(isAllowed(Array(101).fill('a').join(), '*')).toBe(false)
  })
})
