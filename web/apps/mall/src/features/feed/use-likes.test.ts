import type { Video } from '@hawker/api'
import { later, Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { useLikes } from './use-likes'

const at = '/videos/v1/likes'
const video = some<Video>({ id: 'v1', likes: 7, liked: false })
async function likes(answers: Answers) {
  let it!: ReturnType<typeof useLikes>
  const Page = defineComponent(() => {
    it = useLikes()
    return () => null
  })
  const on = await stage(Page, { app: 'mall', user: {}, path: '/v/v1', answers })
  return { ...on, it }
}

describe('the likes of a clip', () => {
  it('shows at once, then as the program counts', async () => {
    const { answer, arrive } = later()
    const { it, settle } = await likes({ [`POST ${at}`]: () => answer })
    const done = it.toggle(video)
    expect(it.state(video)).toEqual({ likes: 8, liked: true })
    arrive({ likes: 12, liked: true })
    await done
    await settle()
    expect(it.state(video)).toEqual({ likes: 12, liked: true })
  })
  it('does not like again what was taken back while the answer was on its way', async () => {
    const { answer, arrive } = later()
    const { it, calls, settle } = await likes({ [`POST ${at}`]: () => answer, [`DELETE ${at}`]: undefined })
    void it.toggle(video)
    const last = it.toggle(video)
    arrive({ likes: 12, liked: true })
    await last
    await settle()
    expect(it.state(video).liked).toBe(false)
    expect(calls.filter((c) => c.path === at).map((c) => c.method)).toEqual(['POST', 'DELETE'])
  })
  it('is taken back when the program says no', async () => {
    const { it, says } = await likes({
      [`POST ${at}`]: new Refusal(404, 'video.no_such_video', 'It is gone'),
    })
    await it.toggle(video)
    expect(it.state(video)).toEqual({ likes: 7, liked: false })
    expect(says()).toEqual(['It is gone'])
  })
  it('asks who is not signed in to do so', async () => {
    const { it, says, router } = await likes({
      [`POST ${at}`]: new Refusal(401, 'auth.sign_in_required', 'Sign in'),
    })
    await it.toggle(video)
    expect(router.currentRoute.value.fullPath).toBe('/sign-in?next=/v/v1')
    expect(says()).toEqual([])
  })
  it('asks nothing for what is so already', async () => {
    const { it, calls } = await likes({})
    await it.set(video, false)
    expect(calls.filter((c) => c.path === at)).toEqual([])
  })
})
