/** The settings of images, as the configuration's file has them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConfigurationProblems, loadConfiguration } from './configuration.ts'
import { excludedFrom } from './images-settings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-images-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function load(images: string) {
  const file = join(folder, 'openbatch.yaml')
  writeFileSync(file, `images: ${images}\n`)
  return loadConfiguration({ file, env: {}, options: {} }).images
}

function problemsOf(images: string): readonly string[] {
  try {
    load(images)
  } catch (error) {
    return (error as ConfigurationProblems).problems
  }
  return []
}

test('without settings nothing is mapped and nothing removed', () => {
  expect(load('{}')).toEqual({
    rewrite: {},
    registries: {},
    cleanup: {
      ...{ enabled: false, intervalMinutes: 30, minimumAgeMinutes: 60, imagesPerCycle: 5 },
      ...{ untracked: false, exclude: [] },
    },
  })
})

test('every entry that could never work is named', () => {
  const settings = `{
    rewrite: { "*.dkr.ecr.*.amazonaws.com": registry.example.com:5000, quay: x, quay.io: https://x },
    registries: { "registry.example.com:5000": { secret: lab/registry }, quay.io/lab: { secret: x } },
    cleanup: { exclude: [busybox, Not A Name] } }`
  expect(problemsOf(settings)).toEqual([
    expect.stringMatching(/^images.rewrite: "quay" must begin with the name of a registry/),
    expect.stringMatching(/^images.rewrite: "https:\/\/x" must be a registry/),
    'images.registries: "quay.io/lab" is not the name of a registry',
    'images.cleanup.exclude: "Not A Name" is not the name of an image',
  ])
  expect(problemsOf('{ registries: { quay.io: { secret: x, password: y } } }')).toEqual([
    expect.stringMatching(/\(password\)/),
  ])
})

test('an excluded image stays under the name that jobs give and under the one it is pulled by', () => {
  const images = load(`{
    rewrite: { "*.dkr.ecr.*.amazonaws.com": registry.example.com:5000/ecr },
    cleanup: { exclude: [123456789012.dkr.ecr.us-west-2.amazonaws.com/lab/base:1, busybox] } }`)
  expect(excludedFrom(images)).toEqual([
    '123456789012.dkr.ecr.us-west-2.amazonaws.com/lab/base:1',
    'registry.example.com:5000/ecr/lab/base:1',
    'busybox',
  ])
})
