import type { MerchantRoom } from '@hawker/api'
import { some } from '@hawker/api/testing'
import { ref, shallowRef } from 'vue'
import { vi } from 'vitest'
import type { Broadcast } from './use-broadcast'
import type { Devices, DeviceTrouble } from './use-devices'

// What specs of the studio begin with: a camera and a way on air that do what a spec says.

export const host = { shops: [{ id: 'shp_1', name: 'Kiln', role: 'host' as const }] }
export const device = (deviceId: string, label = deviceId) =>
  ({ deviceId, label, kind: 'videoinput' }) as MediaDeviceInfo

export function devices(part: { stream?: boolean; cameras?: string[]; problem?: DeviceTrouble } = {}) {
  const it = {
    stream: shallowRef(part.stream === false ? null : ({} as MediaStream)),
    cameras: shallowRef((part.cameras ?? ['front']).map((x) => device(x))),
    microphones: shallowRef([device('mic', '')]),
    camera: ref('front'),
    microphone: ref('mic'),
    problem: ref<DeviceTrouble>(part.problem ?? ''),
    level: ref(0.4),
    open: vi.fn(),
    swap: vi.fn(),
    nextCamera: () => 'back',
  }
  return { ...it, devices: it as unknown as Devices }
}

export function cast(part: Partial<MerchantRoom> = {}) {
  const it = {
    stage: ref('check'),
    shop: ref('shp_1'),
    room: shallowRef(
      some<MerchantRoom>({
        id: 'rom_1',
        title: 'Tea tonight',
        mode: 'open',
        stream: {
          publish_url: '',
          rtmp_url: 'rtmp://host/live',
          key: 'secret-key',
          whip_url: '/whip',
          edge_url: '',
        },
        ...part,
      }),
    ),
    count: ref(3),
    busy: ref(false),
    state: ref('live'),
    stats: shallowRef<unknown>(null),
    micOn: ref(true),
    cameraOn: ref(true),
    startedAt: ref(Date.now() - 65_000),
    setMic: vi.fn(),
    setCamera: vi.fn(),
    swap: vi.fn(),
    start: vi.fn(),
    end: vi.fn(),
    open: vi.fn(),
  }
  return { ...it, cast: it as unknown as Broadcast }
}
