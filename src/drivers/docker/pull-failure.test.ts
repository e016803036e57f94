/** Which failures of a pull are final, and what AWS's reason says of them. */
import { expect, it, test } from 'vitest'
import { mayPass, pullReason, withoutCredentials } from './pull-failure.ts'

it.each([
  'manifest for 127.0.0.1:5000/no/such:1 not found: manifest unknown: manifest unknown',
  'pull access denied for lab/tool, repository does not exist or may require "docker login": denied: requested access to the resource is denied',
  'Head "https://quay.io/v2/lab/tool/manifests/1": unauthorized: authentication required',
  'Get "http://127.0.0.1:5000/v2/x/manifests/1": no basic auth credentials',
  'no matching manifest for linux/arm64/v8 in the manifest list entries',
])('another try would fail the same way: %s', (message) => {
  expect(mayPass(message)).toBe(false)
})

it.each([
  'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection',
  'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
  'Get "https://quay.io/v2/": dial tcp: lookup quay.io on 127.0.0.53:53: no such host',
  'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating',
  'received unexpected HTTP status: 503 Service Unavailable',
  'unexpected EOF',
])('another try may do better: %s', (message) => {
  expect(mayPass(message)).toBe(true)
})

test('a long reason keeps its beginning and its cause', () => {
  const reason = pullReason(`Error response from daemon: Head "http://${'x'.repeat(400)}": unauthorized: no`)
  expect(reason).toHaveLength(255)
  expect(reason).toMatch(/^CannotPullContainerError: Error response.* … .*": unauthorized: no$/)
})

test('a password that a registry repeats is not shown', () => {
  expect(pullReason('denied: robot:hush', 'hush')).toBe('CannotPullContainerError: denied: robot:***')
})

test.each([
  [
    'Get "https://auth.docker.io/token?account=robot&scope=repository%3Alab%2Fx%3Apull&service=registry.docker.io": EOF',
  ],
  ['Bearer realm="https://auth.example/token",service="registry.example",error_description="expired"'],
  ['pull access denied for lab/tool, repository does not exist or may require "docker login": denied'],
  ['manifest for 127.0.0.1:5000/no/such@sha256:0123 not found: manifest unknown'],
])('a text without credentials stays as it is: %s', (text) => {
  expect(withoutCredentials(text)).toBe(text)
})

test('a text of megabytes is looked through at once, and half a secret is not left of it', () => {
  const text = `${'eyJaaaaaaaa-'.repeat(200_000)}?sig=${'k'.repeat(9000)} the cause`
  const clean = withoutCredentials(text)
  expect(clean).not.toContain('kk')
  expect(clean).toMatch(/ … {2}the cause$/)
})
