import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PatternError } from './pattern-error.ts'
import { parseRegex } from './regex.ts'

describe('parseRegex', () => {
  it('agrees with JavaScript on every expression that CloudWatch allows', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '[a-b1]', '\\d', '\\D', '\\w', '\\s', '\\.', '-', '1')
    const quantifier = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,2}', '{0,1}', '{1,}')
    const sequence = fc
      .array(
        fc.tuple(atom, quantifier).map(([a, q]) => a + q),
        { maxLength: 5 },
      )
      .map((parts) => parts.join(''))
    const alternative = fc
      .tuple(fc.constantFrom('', '', '^'), sequence, fc.constantFrom('', '', '$'))
      .map((parts) => parts.join(''))
    const source = fc.array(alternative, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|'))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '-', ' ', 'ü'), maxLength: 12 })
    fc.assert(
      fc.property(
        source.filter((s) => s !== ''),
        text,
        (s, t) => {
          expect(parseRegex(s).test(t)).toBe(new RegExp(s).test(t))
        },
      ),
      { numRuns: 3000 },
    )
  })

  it.each([
    '',
    'a(b',
    'a)',
    'a!',
    'ü',
    '*a',
    'a**',
    '{2}',
    'a{',
    'a{x}',
    'a{3,2}',
    '[',
    '[]',
    '[b-a]',
    'a\\',
    '\\b',
    'a^',
    'a$b',
    'a{257}',
    'a]',
  ])('refuses %s', (source) => expect(() => parseRegex(source)).toThrow(PatternError))
})
