import { expect, test } from 'vitest'
import { parse } from './arguments.ts'
import { copyHeaders, objectHeaders, objectOptions } from './object-headers.ts'

const options = (...args: string[]) => parse(args, objectOptions).options

test('options become headers', () => {
  const some = options('--acl', 'private', '--sse', '--storage-class', 'GLACIER', '--metadata', 'a=1,b=x=y')
  expect(objectHeaders(some, 'reads.txt.gz')).toEqual({
    'x-amz-acl': 'private',
    'x-amz-server-side-encryption': 'AES256',
    'x-amz-storage-class': 'GLACIER',
    'content-type': 'text/plain',
    'x-amz-meta-a': '1',
    'x-amz-meta-b': 'x=y',
  })
})

test('a type that is given or unknown is not guessed', () => {
  expect(objectHeaders(options('--content-type', 'a/b'), 'x.txt')).toEqual({ 'content-type': 'a/b' })
  expect(objectHeaders(options(), 'x.bam')).toEqual({})
  expect(objectHeaders(options('--no-guess-mime-type'), 'x.txt')).toEqual({})
})

test('a copy keeps the source’s description unless an option says other', () => {
  expect(copyHeaders(options())).toEqual({})
  expect(copyHeaders(options('--metadata', '{"a": "1"}'))).toEqual({
    'x-amz-meta-a': '1',
    'x-amz-metadata-directive': 'REPLACE',
  })
})

test('an ACL that S3 does not know is refused', () => {
  expect(() => options('--acl', 'everybody')).toThrow("Invalid choice: 'everybody'")
})
