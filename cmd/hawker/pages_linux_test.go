package main

import "testing"

// Only what cannot be written of the program's own file is given back, and the program goes on.
func TestPagesOfTheFile(t *testing.T) {
	const file = "/opt/hawker"
	for line, want := range map[string][2]uintptr{
		"00400000-01b46000 r-xp 00000000 fe:00 12 /opt/hawker\n":         {0x400000, 0x1b46000},
		"01b46000-038e3000 r--p 01746000 fe:00 12 /opt/hawker\n":         {0x1b46000, 0x38e3000},
		"038e3000-039c5000 rw-p 034e3000 fe:00 12 /opt/hawker\n":         {},
		"038e3000-039c5000 r--s 034e3000 fe:00 12 /opt/hawker\n":         {},
		"7f0000000000-7f0000001000 r--p 00000000 fe:00 9 /lib/another\n": {},
		"7f0000000000-7f0000001000 r--p 00000000 00:00 0\n":              {},
		"no line\n": {},
		"":          {},
	} {
		from, to, ok := fileRange(line, file)
		if ok != (want[1] > 0) || ok && (from != want[0] || to != want[1]) {
			t.Errorf("%q: %x, %x, %v", line, from, to, ok)
		}
	}
	if err := dropFilePages(); err != nil {
		t.Error(err)
	}
}
