import { expect, it } from 'vitest'
import { canonicalImage, parseImageReference } from './image-reference.ts'

const digest = `sha256:${'a1'.repeat(32)}`

it.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['index.docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['team/tool', 'docker.io/team/tool:latest'],
  ['localhost/tool', 'localhost/tool:latest'],
  ['localhost:5000/tool', 'localhost:5000/tool:latest'],
  ['127.0.0.1:5000/a/b-c__d.e:v1.0-x', '127.0.0.1:5000/a/b-c__d.e:v1.0-x'],
  ['[::1]:5000/tool:1', '[::1]:5000/tool:1'],
  ['123456789012.dkr.ecr.us-west-2.amazonaws.com/app:prod', '123456789012.dkr.ecr.us-west-2.amazonaws.com/app:prod'],
  [`quay.io/bio/samtools@${digest}`, `quay.io/bio/samtools@${digest}`],
  [`busybox:1.36@${digest}`, `docker.io/library/busybox@${digest}`],
])('%s is %s', (text, canonical) => {
  expect(canonicalImage(parseImageReference(text)!)).toBe(canonical)
})

it.each([
  '',
  ' ',
  'Upper',
  'a b',
  ':tag',
  'a:',
  'a:b:c',
  'a//b',
  '/a',
  'a/',
  '-a',
  'a:.x',
  'a@sha256:12',
  'reg.io/',
  `a:${'t'.repeat(129)}`,
  'a'.repeat(300),
])('%j is not an image name', (text) => {
  expect(parseImageReference(text)).toBeUndefined()
})
