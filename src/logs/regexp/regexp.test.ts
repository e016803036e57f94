import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Automaton } from './automaton.ts'
import { parseGoRegexp } from './go-syntax.ts'
import { RegexpError } from './regexp-node.ts'

const limits = { instructionsMax: 5000, statesMax: 50 }
const matches = (source: string, text: string) => new Automaton(parseGoRegexp(source), limits).test(text)

/**
 * Whether JavaScript finds the expression. V8's own search also tries between the two halves of a
 * surrogate pair, where it finds `\B`, although ECMA-262 has it advance by whole code points. What
 * a dot passes over is always a whole one.
 */
const javaScriptFinds = (source: string, text: string) => new RegExp(`^.*?(?:${source})`, 'su').test(text)

describe('an expression', () => {
  test('agrees with JavaScript where both syntaxes mean the same', () => {
    const atom = fc.constantFrom(
      ...[
        'a',
        'b',
        '1',
        '-',
        '.',
        '[ab]',
        '[^a]',
        '[a-b1]',
        '\\d',
        '\\D',
        '\\w',
        '\\W',
        '\\.',
        '\\b',
        '\\B',
        'ü',
        '😀',
      ],
    )
    const { source } = fc.letrec<{ source: string; sequence: string; part: string; inner: string }>((tie) => ({
      source: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((parts) => parts.join('|')),
      sequence: fc
        .tuple(fc.constantFrom('', '', '^'), fc.array(tie('part'), { maxLength: 3 }), fc.constantFrom('', '', '$'))
        .map(([from, parts, to]) => `${from}${parts.join('')}${to}`),
      part: fc
        .tuple(tie('inner'), fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,2}', '{0,1}', '{1,}', '*?', '+?'))
        .map(([inner, times]) => (/^\\[bB]$/.test(inner) ? inner : inner + times)),
      inner: fc.oneof(
        { maxDepth: 2, withCrossShrink: true },
        atom,
        tie('source').map((it) => `(${it})`),
        tie('source').map((it) => `(?:${it})`),
      ),
    }))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '-', ' ', 'ü', '😀'), maxLength: 8 })
    fc.assert(
      fc.property(source, text, (s, t) => {
        expect(matches(s, t)).toBe(javaScriptFinds(s, t))
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['(?i)error', 'an ERROR', true],
    ['(?i)[^a]', 'aA', false],
    ['(?i)ä', 'Ä', true],
    ['(?i:e)rror', 'Error', true],
    ['(?i:e)rror', 'ERROR', false],
    ['a(?i)b|c', 'C', true],
    ['(a(?i)b)c', 'aBC', false],
    ['[[:upper:]][[:digit:]]', 'x A7', true],
    ['[[:^upper:]]', 'ABC', false],
    ['[]a]', ']', true],
    ['[^]]', ']', false],
    ['[a-]', '-', true],
    ['[\\d-]+$', '12-3', true],
    ['\\Qa.b*\\E$', 'xa.b*', true],
    ['\\Qa.b', 'axb', false],
    ['\\x41\\x{1F600}', 'A😀', true],
    ['\\012', '\n', true],
    ['a{,2}', 'a{,2}', true],
    ['a{', 'a{', true],
    ['\\Aa\\z', 'a', true],
    ['\\Aa\\z', 'ba', false],
    ['^b', 'a\nb', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['(?P<year>\\d{4})-(?<month>\\d\\d)', 'on 2026-11', true],
    ['', '', true],
    ['(|a)*b', 'aab', true],
    ['(a*)*$', 'b', true],
    ['\\bb', 'ab b', true],
    ['\\B', 'a😀a', false],
    ['\\B', 'a😀😀a', true],
    ['^$', '', true],
    ['^*a', 'ba', true],
    ['\\[\\w{3}\\]', 'x [INF] y', true],
  ])('%s in %o: %s', (source, text, expected) => expect(matches(source, text)).toBe(expected))

  test.each([
    ['(', 'missing closing )'],
    [')', 'unexpected )'],
    ['a)', 'unexpected )'],
    ['[', 'missing closing ]'],
    ['[]', 'missing closing ]'],
    ['[b-a]', 'invalid character class range'],
    ['[[:nothing:]]', 'invalid character class range: [:nothing:]'],
    ['*a', 'missing argument to repetition operator: *'],
    ['a**', 'invalid nested repetition operator'],
    ['a+?*', 'invalid nested repetition operator'],
    ['a{2,1}', 'invalid repeat count: {2,1}'],
    ['a{1001}', 'invalid repeat count: {1001}'],
    ['(?=a)', 'invalid or unsupported Perl syntax: (?'],
    ['(?<!a)b', 'invalid or unsupported Perl syntax: (?'],
    ['\\1', 'invalid escape sequence: \\1'],
    ['\\pL', 'invalid escape sequence: \\p'],
    ['\\', 'trailing backslash at end of expression, or a bracket that does not close'],
    ['(a{1000}){1000}', 'the expression is too large'],
    ['('.repeat(101), 'the expression nests too deeply'],
  ])('refused: %s', (source, text) => {
    expect(() => matches(source, '')).toThrow(new RegexpError(text))
  })

  test('takes at most text times expression, whatever the expression', () => {
    const text = 'ab'.repeat(20_000)
    for (const source of ['(a*)*c', '(a|b|ab)*c', '(.*.*)*c$', '(?:a|b)*a(?:a|b){60}c']) {
      const begun = performance.now()
      expect(matches(source, text)).toBe(false)
      expect(performance.now() - begun).toBeLessThan(5000)
    }
  })

  test('examines only as many characters as it is asked to', () => {
    const automaton = new Automaton(parseGoRegexp('c'), limits)
    expect(automaton.test('abc')).toBe(true)
    expect(automaton.test('abc', 2)).toBe(false)
  })
})
