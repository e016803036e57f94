import { describe, expect, it, test } from 'vitest'
import { nothingOfTheHost } from '../../../model/host-access.ts'
import { hostRefusals, type WorkloadMembers } from './host-access.ts'
import { isImagePattern } from './images.ts'

const digest = `sha256:${'a1'.repeat(32)}`
const other = `sha256:${'b2'.repeat(32)}`

function whyRefused(image: string, images: readonly string[], imagesByDigest = false): string | undefined {
  const refusals = hostRefusals({ containerProperties: { image } }, { ...nothingOfTheHost, images, imagesByDigest })
  return refusals[0]?.why
}

describe('the list allows', () => {
  it.each([
    ['*', 'anything/at-all:1'],
    ['ubuntu', 'ubuntu'],
    ['ubuntu', 'docker.io/library/ubuntu:24.04'],
    ['ubuntu', `ubuntu@${digest}`],
    ['docker.io/library/ubuntu', 'ubuntu:24.04'],
    ['ubuntu:24.04', 'index.docker.io/ubuntu:24.04'],
    [`ubuntu@${digest}`, `ubuntu@${digest}`],
    [`ubuntu@${digest}`, `ubuntu:24.04@${digest}`],
    ['quay.io/lab/*', 'quay.io/lab/tools/samtools:1.21'],
    ['quay.io/*', 'quay.io/biocontainers/samtools'],
    ['docker.io/*', 'busybox'],
    ['lab/*', 'docker.io/lab/tool'],
    ['localhost:5000/*', 'localhost:5000/tool'],
  ])('%s the image %s', (allowed, image) => {
    expect(isImagePattern(allowed)).toBe(true)
    expect(whyRefused(image, ['other/one', allowed])).toBeUndefined()
  })
})

describe('the list does not allow', () => {
  it.each([
    ['ubuntu', 'ubuntu.example.com/ubuntu'],
    ['ubuntu', 'lab/ubuntu'],
    ['ubuntu', 'ubuntu2'],
    ['ubuntu:24.04', 'ubuntu'],
    ['ubuntu:24.04', 'ubuntu:24.10'],
    // The engine takes the digest, whatever the tag says.
    ['ubuntu:24.04', `ubuntu:24.04@${digest}`],
    [`ubuntu@${digest}`, `ubuntu@${other}`],
    [`ubuntu@${digest}`, 'ubuntu'],
    ['quay.io/lab/*', 'quay.io/laboratory/tool'],
    ['quay.io/lab/*', 'quay.io/lab'],
    ['quay.io/lab/*', 'lab/tool'],
    ['docker.io/*', 'docker.io.example.com/tool'],
    ['quay.io/lab/*', 'QUAY.IO/lab/tool'],
  ])('%s the image %s', (allowed, image) => {
    expect(whyRefused(image, [allowed])).toBe(`${JSON.stringify(image)} is not among the images that are allowed`)
  })

  test('anything, if it is empty', () => {
    expect(whyRefused('busybox', [])).toContain('not among')
  })

  it.each(['', ' ubuntu', 'quay.io/lab/../other/tool', 'Upper', 'quay.io//tool'])(
    'the name %j, which is none',
    (image) => {
      expect(whyRefused(image, ['quay.io/lab/*', 'ubuntu'])).toBe(
        `${JSON.stringify(image)} is not the name of an image`,
      )
    },
  )
})

test('where digests are asked for, a tag is not enough', () => {
  expect(whyRefused('busybox:1.36', ['*'], true)).toContain('must be named by its digest')
  expect(whyRefused(`busybox:1.36@${digest}`, ['*'], true)).toBeUndefined()
  expect(whyRefused(`busybox@${digest}`, ['quay.io/*'], true)).toContain('not among')
})

test.each<[string, WorkloadMembers]>([
  ['containerProperties.image', { containerProperties: { image: 'x' } }],
  [
    'ecsProperties.taskProperties[0].containers[1].image',
    { ecsProperties: { taskProperties: [{ containers: [{ image: 'lab/x' }, { image: 'x' }] }] } },
  ],
  [
    'eksProperties.podProperties.initContainers[0].image',
    { eksProperties: { podProperties: { initContainers: [{ image: 'x' }], containers: [{ image: 'lab/x' }] } } },
  ],
  [
    'nodeProperties.nodeRangeProperties[0].container.image',
    {
      nodeProperties: {
        numNodes: 1,
        mainNode: 0,
        nodeRangeProperties: [{ targetNodes: '0:', container: { image: 'x', command: [] } }],
      },
    },
  ],
])('%s is held against the list', (member, workload) => {
  const refusals = hostRefusals(workload, { ...nothingOfTheHost, images: ['lab/*'] })
  expect(refusals.map((it) => it.member)).toEqual([member])
})

test.each(['', '/*', 'quay.io/lab/**', 'ubuntu*', '*/tool', 'Upper/x y'])('%j is no entry of a list', (text) => {
  expect(isImagePattern(text)).toBe(false)
})

test('an image that is pulled under another name has to be allowed by both', () => {
  const imageRewrites = [{ from: 'public.ecr.aws', to: 'registry.example.com' }]
  const whyRefused = (images: readonly string[], image = 'public.ecr.aws/lab/tool:1', imagesByDigest = false) => {
    const access = { ...nothingOfTheHost, images, imagesByDigest, imageRewrites }
    return hostRefusals({ containerProperties: { image } }, access)[0]?.why
  }
  expect(whyRefused(['*'])).toBeUndefined()
  expect(whyRefused(['public.ecr.aws/*', 'registry.example.com/lab/*'])).toBeUndefined()
  expect(whyRefused(['registry.example.com/*'])).toMatch(/is not among the images that are allowed/)
  expect(whyRefused(['public.ecr.aws/*'])).toBe(
    '"public.ecr.aws/lab/tool:1" is pulled as registry.example.com/lab/tool:1, which is not among the images that are allowed',
  )
  expect(whyRefused(['*'], undefined, true)).toMatch(/must be named by its digest/)
  expect(whyRefused(['*'], `public.ecr.aws/lab/tool@${digest}`, true)).toBeUndefined()
})
