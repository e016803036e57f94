import { expect, test } from 'vitest'
import { parseIni, withSetting } from './ini.ts'

test('sections, comments and nested settings are read', () => {
  const read = parseIni(`# a comment
[default]
region = us-west-2
s3 =
  addressing_style = path
  multipart_threshold=16MB
output=json
[profile "my lab"]
region=eu-west-1
`)
  expect(read).toEqual({
    default: { region: 'us-west-2', s3: { addressing_style: 'path', multipart_threshold: '16MB' }, output: 'json' },
    'profile my lab': { region: 'eu-west-1' },
  })
})

test('a setting is replaced or added, and all else stays', () => {
  const before = '# mine\n[default]\nregion = a\n[profile x]\nregion = b\n'
  expect(withSetting(before, 'profile x', 'region', 'c')).toBe(before.replace('region = b', 'region = c'))
  expect(withSetting(before, 'default', 'output', 'text')).toBe(
    before.replace('region = a', 'region = a\noutput = text'),
  )
  expect(withSetting('', 'default', 'region', 'a')).toBe('[default]\nregion = a\n')
})
