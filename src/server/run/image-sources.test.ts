/** Which registry an image is pulled from, and which credentials that registry gets. */
import { expect, test } from 'vitest'
import { imageSources } from './image-sources.ts'

const secrets: Record<string, string> = {
  'lab/mirror': '{"username":"mirror","password":"m"}',
  'lab/quay': '{"username":"quay","password":"q"}',
  'lab/broken': 'hush-hush',
}
const sourceOf = imageSources(
  {
    rewrites: [{ from: 'public.ecr.aws', to: 'mirror.example.com/ecr' }],
    registries: {
      'mirror.example.com': { secret: 'lab/mirror' },
      'quay.io': { secret: 'arn:aws:secretsmanager:us-west-2:123456789012:secret:lab/quay-AbCdEf' },
      'ghcr.io': { secret: 'lab/none' },
      'gcr.io': { secret: 'lab/broken' },
    },
  },
  (name) => secrets[name],
)
const own = { username: 'own', password: 'o' }

test('a registry gets its own credentials, and another none', () => {
  expect(sourceOf('quay.io/lab/tool:1')).toEqual({
    image: 'quay.io/lab/tool:1',
    registryAuth: { username: 'quay', password: 'q' },
  })
  expect(sourceOf('busybox')).toEqual({ image: 'busybox' })
  expect(sourceOf('quay.io.example.com/lab/tool')).toEqual({ image: 'quay.io.example.com/lab/tool' })
})

test('the credentials of a job definition win, for the registry that it names', () => {
  expect(sourceOf('quay.io/lab/tool:1', own)).toMatchObject({ registryAuth: own })
  expect(sourceOf('public.ecr.aws/lab/tool:1', own)).toEqual({
    image: 'mirror.example.com/ecr/lab/tool:1',
    registryAuth: { username: 'mirror', password: 'm' },
  })
})

test('a secret that is missing or of another form is named, and not shown', () => {
  expect(sourceOf('ghcr.io/x/y')).toEqual({ problem: 'images.registries of ghcr.io: there is no secret lab/none' })
  expect(sourceOf('gcr.io/x/y')).toEqual({
    problem: 'images.registries of gcr.io: lab/broken is not JSON with a username and a password',
  })
})
