/** Parses the steps of a script from the words of a command. */
import { expect, test } from 'vitest'
import { parseScript } from './script.ts'

const everyObjectHas = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']

test.each(everyObjectHas)('the word %s, which every object has, is not a step', (word) => {
  const plain = parseScript([word, 'x'], {})
  expect(plain).toEqual(parseScript(['any-program', 'x'], {}))
  expect(parseScript(['print on', `${word} x`], {})).toEqual({
    kind: 'wrong',
    reason: `CannotStartContainerError: the scripted driver knows no step "${word} x"`,
  })
})

test.each(everyObjectHas)('a variable called %s is unset until it is set', (name) => {
  const printed = (environment: Record<string, string>) => parseScript([`print-env ${name}`], environment)
  expect(printed({})).toEqual({ kind: 'script', steps: [{ do: 'print', text: '<unset>' }] })
  const set = Object.fromEntries([[name, 'a value']])
  expect(printed(set)).toEqual({ kind: 'script', steps: [{ do: 'print', text: '<a value>' }] })
})
