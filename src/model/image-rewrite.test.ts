/** Names of images, mapped to the registries that the operator has. */
import { expect, test } from 'vitest'
import { problemOfRewrite, realImage } from './image-rewrite.ts'

const ecr = { from: '*.dkr.ecr.*.amazonaws.com', to: '127.0.0.1:5000/ecr' }
const publicEcr = { from: 'public.ecr.aws', to: 'registry.example.com' }
const digest = `sha256:${'a'.repeat(64)}`

test('a name of ECR is mapped with its path, tag and digest', () => {
  const map = (image: string) => realImage(image, [ecr, publicEcr])
  expect(map('123456789012.dkr.ecr.us-west-2.amazonaws.com/lab/tool:1.2')).toBe('127.0.0.1:5000/ecr/lab/tool:1.2')
  expect(map(`123456789012.dkr.ecr.us-west-2.amazonaws.com/tool@${digest}`)).toBe(`127.0.0.1:5000/ecr/tool@${digest}`)
  expect(map('public.ecr.aws/docker/library/busybox')).toBe('registry.example.com/docker/library/busybox:latest')
})

test('other names stay as they are written', () => {
  for (const image of ['busybox', 'dkr.ecr.amazonaws.com/x', 'public.ecr.aws.example.com/x', 'Not A Name', ''])
    expect(realImage(image, [ecr, publicEcr])).toBe(image)
})

test('the entry that says most counts, once, and a path ends where a part of it ends', () => {
  const rewrites = [
    { from: 'docker.io', to: 'mirror.example.com/hub' },
    { from: 'quay.io', to: 'mirror.example.com/quay' },
    { from: 'quay.io/lab', to: 'quay.io/other' },
    { from: 'quay.io/lab/tool', to: 'registry.example.com/our-tool' },
    { from: '*.io', to: 'mirror.example.com/io' },
  ]
  expect(realImage('busybox:1', rewrites)).toBe('mirror.example.com/hub/library/busybox:1')
  expect(realImage('quay.io/lab/x:1', rewrites)).toBe('quay.io/other/x:1')
  expect(realImage('quay.io/lab/tool:1', rewrites)).toBe('registry.example.com/our-tool:1')
  expect(realImage('quay.io/laboratory/x:1', rewrites)).toBe('mirror.example.com/quay/laboratory/x:1')
  expect(realImage('ghcr.io/x/y:1', rewrites)).toBe('mirror.example.com/io/x/y:1')
})

test('a star stands for one character at least, and does not reach into a path', () => {
  const map = (from: string, image: string) => realImage(image, [{ from, to: 'r.example.com' }])
  expect(map('*.a.b', '.a.b/x:1')).toBe('.a.b/x:1')
  expect(map('a.*.c', 'a.b.c/x:1')).toBe('r.example.com/x:1')
  expect(map('a.*.c', 'a.c/x:1')).toBe('a.c/x:1')
  expect(map('a.*', 'a.b/c.d/x:1')).toBe('r.example.com/c.d/x:1')
})

test('entries that could never work are found', () => {
  expect(problemOfRewrite(ecr)).toBeUndefined()
  expect(problemOfRewrite({ from: 'localhost:5000/a', to: 'localhost:5001' })).toBeUndefined()
  for (const from of ['quay', 'quay.io/*', 'https://quay.io', '', 'quay.io/Lab'])
    expect(problemOfRewrite({ from, to: 'r.example.com' })).toContain(JSON.stringify(from))
  for (const to of ['', 'lab', 'r.example.com/', 'https://r.example.com', `r.example.com/x@${digest}`])
    expect(problemOfRewrite({ from: 'quay.io', to })).toContain(JSON.stringify(to))
})
