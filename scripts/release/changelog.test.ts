import { expect, test } from 'vitest'
import { changelogFaults } from './changelog.ts'

const log = (...sections: string[]) => `# Changelog\n\n${sections.join('\n\n')}\n`

test('a section with one line is enough, and its date may follow its version', () => {
  expect(changelogFaults(log('## 0.2.0\n\n### Added\n\n- Something.', '## 0.1.0\n\n- First.'), '0.2.0')).toEqual([])
  expect(changelogFaults(log('## Unreleased', '## 0.2.0 (2027-01-01)\n\n- Something.'), '0.2.0')).toEqual([])
})

test('a section must exist and have content', () => {
  expect(changelogFaults(log('## 0.2.1\n\n- Something.'), '0.2.0')).toEqual([
    'CHANGELOG.md: there is no section ## 0.2.0',
  ])
  expect(changelogFaults(log('## 0.2.0\n\n### Added', '## 0.1.0\n\n- First.'), '0.2.0')).toEqual([
    'CHANGELOG.md: the section ## 0.2.0 is empty',
  ])
})

test('no line may stay under Unreleased', () => {
  expect(changelogFaults(log('## Unreleased\n\n- New.\n- Newer.', '## 0.2.0\n\n- Something.'), '0.2.0')).toEqual([
    'CHANGELOG.md: 2 lines stand under ## Unreleased; move them under ## 0.2.0',
  ])
})
