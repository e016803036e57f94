import { expect, test } from 'vitest'
import { proxyFor } from './proxies.ts'

const proxy = 'http://proxy:3128'
const url = (text: string) => new URL(text)

// Each of these is what `botocore.utils.get_environ_proxies` answers.
test.each([
  ['http://s3.lab', { HTTP_PROXY: proxy }, proxy],
  ['https://s3.lab', { HTTP_PROXY: proxy }, undefined],
  ['https://s3.lab', { https_proxy: 'proxy:3128' }, proxy],
  ['http://s3.lab', { http_proxy: '', HTTP_PROXY: proxy }, undefined],
  ['http://s3.lab', { ALL_PROXY: proxy }, undefined],
  ['http://s3.lab', { HTTP_PROXY: proxy, NO_PROXY: '*' }, undefined],
  ['http://s3.lab', { HTTP_PROXY: proxy, NO_PROXY: 'other, lab' }, undefined],
  ['http://s3.lab', { HTTP_PROXY: proxy, NO_PROXY: '.LAB' }, undefined],
  ['http://s3.lab:8642', { HTTP_PROXY: proxy, NO_PROXY: 's3.lab:8642' }, undefined],
  ['http://s3.lab:8642', { HTTP_PROXY: proxy, NO_PROXY: 's3.lab:1' }, proxy],
  ['http://s3.lab', { HTTP_PROXY: proxy, NO_PROXY: '3.lab,*.lab' }, proxy],
  ['http://10.1.2.3', { HTTP_PROXY: proxy, NO_PROXY: '10.0.0.0/8' }, proxy],
  ['http://10.1.2.3', { HTTP_PROXY: proxy, NO_PROXY: '10.1.2.3' }, undefined],
  ['http://s3.lab', { HTTP_PROXY: proxy, NO_PROXY: 's3.lab', no_proxy: '' }, proxy],
])('%s with %o goes through %s', (to, env, through) => {
  expect(proxyFor(url(to), env)).toBe(through)
})
