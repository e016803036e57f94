import { expect, test } from 'vitest'
import { contentFaults } from './package-contents.ts'

const package_ = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'bin/openbatch',
  'bin/package.json',
  'dist/main.js',
  'dist/aws-command/aws.mjs',
  'dist/main.js.map',
  'dist/core/scheduler/plan.js',
  'dist/model/generated/batch.js',
  'docs/operate/install.md',
  'docs/simulation/compare.svg',
]

test('the package has the command, its compiled sources and the documents', () => {
  expect(contentFaults(package_)).toEqual([])
})

test.each([
  'src/main.ts',
  'dist/main.d.ts',
  'dist/core/turn.test.js',
  'dist/drivers/driver.contract.js',
  'dist/core/world.testing.js',
  'dist/simulation/play.js',
  'test/chaos/chaos.ts',
  'examples/README.md',
  '.ci/run',
  'data/openbatch.db',
])('the package does not have %s', (path) => {
  expect(contentFaults([...package_, path])).toEqual([expect.stringContaining(`holds ${path},`)])
})

test('what every user needs must be in the package', () => {
  expect(contentFaults(package_.filter((path) => path !== 'dist/main.js'))).toEqual(['the package lacks dist/main.js'])
})
