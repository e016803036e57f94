/** Changes to the files of AWS's clients: one profile, and nothing else. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withSettings } from './aws-profile.ts'

const settings = { region: 'us-west-2', ca_bundle: undefined }

test.each([
  ['a new file', '', 'profile lab', '[profile lab]\nregion = us-west-2\n'],
  ['a new profile', '[default]\nregion = x', 'lab', '[default]\nregion = x\n\n[lab]\nregion = us-west-2\n'],
  [
    'a profile between others',
    '# mine\n[a]\nregion=1\n\n[profile lab] ; of the lab\nregion : 2\noutput = json\nca_bundle=/x\n\n[b]\nregion = 3\n',
    'profile lab',
    '# mine\n[a]\nregion=1\n\n[profile lab] ; of the lab\nregion = us-west-2\noutput = json\n\n[b]\nregion = 3\n',
  ],
  [
    'nested settings, which go with their own',
    '[lab]\nca_bundle =\n  x = 1\ns3 =\n  region = 2\n  # note\n',
    'lab',
    '[lab]\nregion = us-west-2\ns3 =\n  region = 2\n  # note\n',
  ],
  ['a name in quotation marks', '[profile "lab"]\n', 'profile lab', '[profile "lab"]\nregion = us-west-2\n'],
  ['lines of Windows', '[lab]\r\nregion = 1\r\n', 'lab', '[lab]\r\nregion = us-west-2\r\n'],
])('%s', (_, before, heading, after) => {
  expect(withSettings(before, heading, settings)).toBe(after)
  expect(withSettings(after, heading, settings)).toBe(after)
})

test('every line of other profiles stays, in its order', () => {
  const line = fc.constantFrom('', '# c', '[a]', '[profile b]', 'region = 1', '  nested = 2', 'x', '[', 'ca_bundle=')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const before = ['[first]', ...lines, '[z]', 'region = 9', ''].join('\n')
      const after = withSettings(before, 'lab', settings)
      expect(after.startsWith(before)).toBe(true)
      const again = withSettings(after, 'lab', { region: 'eu', more: '1' })
      expect(again.startsWith(before)).toBe(true)
      expect(again.slice(before.length)).toBe('\n[lab]\nregion = eu\nmore = 1\n')
    }),
  )
})
