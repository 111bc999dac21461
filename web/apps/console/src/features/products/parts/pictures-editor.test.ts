import type { Media } from '@hawker/api'
import { UiFileButton } from '@hawker/ui'
import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import PicturesEditor from './pictures-editor.vue'

const post = 'POST /merchant/shp_1/media'
const media = (id: string): Media => ({ id, url: `/${id}.png` })
async function editor(first: Media[], answers: Answers = {}) {
  const pictures = ref(first)
  const Page = defineComponent(
    () => () =>
      h(PicturesEditor, {
        modelValue: pictures.value,
        'onUpdate:modelValue': (x: Media[]) => (pictures.value = x),
      }),
  )
  const on = await stage(Page, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    answers,
  })
  const ids = () => pictures.value.map((x) => x.id)
  const pick = async (...names: string[]) => {
    on.page.getComponent(UiFileButton).vm.$emit(
      'pick',
      names.map((n) => new File(['x'], n)),
    )
    await on.settle()
  }
  const click = (label: string) => on.page.get(`[aria-label="${label}"]`).trigger('click')
  return { ...on, ids, pick, click }
}

describe('the pictures of a product', () => {
  it('are put in order; the first is the cover', async () => {
    const { page, ids, click } = await editor([media('a'), media('b'), media('c')])
    await click('Move picture 3 forward')
    expect(ids()).toEqual(['a', 'c', 'b'])
    await click('Move picture 2 forward')
    expect(ids()).toEqual(['c', 'a', 'b'])
    expect(page.find('[aria-label="Move picture 1 forward"]').exists()).toBe(false)
    expect(page.findAll('li')[0]?.text()).toContain('Cover')
  })
  it('come one after the other, and stay gone when taken away meanwhile', async () => {
    const { answer, arrive } = later()
    const { ids, pick, click, settle } = await editor([media('a'), media('b')], { [post]: () => answer })
    await pick('c.png')
    await click('Remove picture 1')
    arrive(media('c'))
    await settle()
    expect(ids()).toEqual(['b', 'c'])
  })
  it('keep what came before one was refused', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(media('a'))
      .mockReturnValue(new Refusal(413, 'media.too_big', 'Too big'))
    const { ids, pick, says, buttons } = await editor([], { [post]: answer })
    await pick('a.png', 'b.png')
    expect(ids()).toEqual(['a'])
    expect(says()).toEqual(['Too big'])
    expect(buttons('Upload pictures')[0]?.attributes('aria-disabled')).toBeUndefined()
  })
})
