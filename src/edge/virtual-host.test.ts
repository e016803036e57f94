import { expect, test } from 'vitest'
import { bucketOfHost } from './virtual-host.ts'

const domains = ['s3.lab.example', 'deep.s3.lab.example']

test.each([
  ['results.s3.lab.example', 'results'],
  ['results.s3.lab.example:8642', 'results'],
  ['results.s3.lab.example.', 'results'],
  ['RESULTS.S3.Lab.Example', 'results'],
  ['a.b.s3.lab.example', 'a.b'],
  ['a.deep.s3.lab.example', 'a'],
  // What cannot be a bucket is refused where buckets are looked up.
  ['..s3.lab.example', '.'],
  ['a/b.s3.lab.example', 'a/b'],
  ['.s3.lab.example', ''],
  ['s3.lab.example', undefined],
  ['deep.s3.lab.example', undefined],
  ['s3.lab.example:8642', undefined],
  ['results.xs3.lab.example', undefined],
  ['xs3.lab.example', undefined],
  ['s3.lab.example.evil.example', undefined],
  ['127.0.0.1:8642', undefined],
  ['', undefined],
  [undefined, undefined],
])('the host %s is of the bucket %s', (host, bucket) => {
  expect(bucketOfHost(host, domains)).toBe(bucket)
})

test('without a domain no host is of a bucket', () => {
  expect(bucketOfHost('results.s3.lab.example', [])).toBeUndefined()
})
