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

test('a setting of a table is replaced or added, and so is the table', () => {
  const first = withSetting('[default]\nregion = a\n[other]\n', 'default', 's3.multipart_threshold', '1')
  expect(first).toBe('[default]\nregion = a\ns3 =\n    multipart_threshold = 1\n[other]\n')
  const second = withSetting(first, 'default', 's3.multipart_chunksize', '2')
  expect(second).toBe(first.replace('= 1', '= 1\n    multipart_chunksize = 2'))
  expect(withSetting(second, 'default', 's3.multipart_threshold', '3')).toBe(second.replace('= 1', '= 3'))
  expect(withSetting(second, 'other', 's3.multipart_threshold', '3')).toBe(
    `${second}s3 =\n    multipart_threshold = 3\n`,
  )
  expect(withSetting('', 'default', 's3.a', '1')).toBe('[default]\ns3 =\n    a = 1\n')
  const elsewhere = '[x]\ns3 = \n[default]\nxs3 = \n'
  expect(withSetting(elsewhere, 'default', 's3.a', '1')).toBe(`${elsewhere}s3 =\n    a = 1\n`)
})
