import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellWord } from './shell-word.ts'

test('a shell reads each word as it was meant', () => {
  const texts = ['/a/plain-path.1', '', ' two  words ', `it's $HOME "\\" \`id\``, 'a\nb', '*', '~', '#x', '-n', 'é']
  const script = `printf '%s\\0' ${texts.map(shellWord).join(' ')}`
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(texts.map((text) => `${text}\0`).join(''))
  expect(shellWord('/opt/openbatch/bin/openbatch')).toBe('/opt/openbatch/bin/openbatch')
})
