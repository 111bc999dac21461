package flv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrNoSets is a picture whose parameter sets have not come: neither in a configuration
// record nor before it.
var ErrNoSets = errors.New("flv: no parameter sets yet")

// form is how a publisher parts its NAL units.
type form int

const (
	formUnknown    form = iota
	formLengths         // as FLV has it
	formStartCodes      // as in a file of its own (ITU-T H.264, annex B)
)

// VideoTrack reads the video of one publisher. It takes what encoders are known to send besides
// what the format says: a configuration without parameter sets or none at all, with the sets
// before the pictures, and NAL units behind start codes. The zero value is ready.
type VideoTrack struct {
	config     *VideoConfig
	format     VideoFormat // of the sets
	lengthSize int         // that a record told; 0: none did
	form       form
	sets       paramSets
}

// Config is what is known of the pictures, nil before it is.
func (t *VideoTrack) Config() *VideoConfig { return t.config }

// Configure reads a configuration record. ErrNoSets is one without parameter sets: they may come
// with the pictures, and what was known before stays.
func (t *VideoTrack) Configure(f VideoFormat, record []byte) error {
	if f == AV1 {
		c, err := ParseAV1(record)
		if err == nil {
			*t = VideoTrack{config: &c, format: AV1}
		}
		return err
	}
	t.become(f)
	if beginsWithStartCode(record) { // the sets themselves
		_, err := t.renew(t.look(fromStartCodes(record), 4))
		if err == nil && t.config == nil {
			err = ErrNoSets
		}
		return err
	}
	c, err := ParseVideoConfig(f, record)
	if err != nil {
		if size, poor := poorRecord(f, record); poor {
			t.lengthSize = size
			return fmt.Errorf("%w: %w", ErrNoSets, err)
		}
		return err
	}
	t.sets = nil
	t.sets.take(f, c.Record)
	t.lengthSize = c.LengthSize
	t.config = &c
	t.fourByteLengths()
	return nil
}

// become forgets what belongs to another codec.
func (t *VideoTrack) become(f VideoFormat) {
	if t.format != f {
		*t = VideoTrack{format: f}
	}
}

// poorRecord gives the size of a NAL unit's length by a record that has no parameter sets.
func poorRecord(f VideoFormat, b []byte) (lengthSize int, poor bool) {
	at := 4
	if f == HEVC {
		at = 21
	}
	if len(b) <= at || b[0] != 1 {
		return 0, false
	}
	size := int(b[at]&3) + 1
	return size, size != 3 && len(b) <= configRecordMax
}

// Frame reads one coded picture. What it gives is fit for a sample: NAL units with lengths, or a
// temporal unit without its delimiter. Its Wrapped says that the tag's body does not hold the
// same any more, its Kind is KindEnd if there is no picture in it. fresh: Config is another one
// from this picture on.
func (t *VideoTrack) Frame(v Video) (out Video, fresh bool, err error) {
	if v.Format == AV1 {
		if t.config == nil || t.config.Format != AV1 {
			return v, false, ErrNoSets
		}
		v.Data, err = checkAV1(v.Data)
		return v, false, err
	}
	t.become(v.Format)
	if err := t.intoLengths(&v); err != nil {
		return v, false, err
	}
	fresh = t.fourByteLengths()
	s := t.look(v.Data, t.size())
	switch {
	case s.err != nil:
		return v, false, s.err
	case s.picture == 0 && s.sets == 0 && s.units == 0:
		return v, false, ErrShort
	}
	renewed, err := t.renew(s)
	if err != nil {
		return v, false, err
	}
	if t.config == nil {
		return v, false, ErrNoSets
	}
	if s.picture == 0 && s.sets > 0 {
		v.Kind = KindEnd
	}
	if s.start && !v.Key {
		v.Key, v.Wrapped = true, true
	}
	return v, fresh || renewed, nil
}

// size is that of a NAL unit's length.
func (t *VideoTrack) size() int {
	if t.lengthSize == 0 || t.form == formStartCodes {
		return 4
	}
	return t.lengthSize
}

// intoLengths settles, by the first picture, how this publisher parts its NAL units, and turns
// start codes into lengths.
func (t *VideoTrack) intoLengths(v *Video) error {
	if t.form == formLengths {
		return nil
	}
	coded := beginsWithStartCode(v.Data)
	if t.form == formUnknown {
		switch _, err := (&VideoConfig{Format: v.Format, LengthSize: t.size()}).checkNALUs(v.Data); {
		case err == nil && !coded:
			t.form = formLengths
		case err != nil && coded && t.couldBegin(fromStartCodes(v.Data)):
			t.form = formStartCodes
		}
	}
	if t.form != formStartCodes {
		return nil
	}
	if !coded {
		return ErrNALU
	}
	v.Data, v.Wrapped = fromStartCodes(v.Data), true
	return nil
}

// couldBegin tells whether there are nothing but NAL units in data, and a decoder could begin with
// them. A torn picture that is up to 511 bytes long by its length begins like a start code.
func (t *VideoTrack) couldBegin(data []byte) bool {
	n, begins := 0, false
	for ; len(data) > 4; n++ {
		size := int(naluSize(data, 4))
		header := data[4]
		if header&0x80 != 0 { // forbidden_zero_bit
			return false
		}
		kind := header & 0x1f
		if t.format == HEVC {
			kind = header >> 1 & 0x3f
		}
		begins = begins || isSet(t.format, kind) || (&VideoConfig{Format: t.format}).begins(header)
		data = data[4+size:]
	}
	return n > 0 && begins
}

// fourByteLengths makes the configuration say what start codes were turned into.
func (t *VideoTrack) fourByteLengths() (changed bool) {
	if t.form != formStartCodes || t.config == nil || t.config.LengthSize == 4 {
		return false
	}
	c := *t.config
	c.Record = bytes.Clone(c.Record)
	at := 4
	if c.Format == HEVC {
		at = 21
	}
	c.Record[at] |= 3
	c.LengthSize = 4
	t.config = &c
	return true
}

// sight is what a walk over a picture's NAL units found.
type sight struct {
	units, sets, picture int
	start                bool // a decoder may begin here
	changed              bool // a set that the configuration has otherwise, or not
	err                  error
}

func (t *VideoTrack) look(data []byte, lengthSize int) (s sight) {
	for len(data) > 0 {
		if len(data) < lengthSize || naluSize(data, lengthSize) > uint32(len(data)-lengthSize) {
			s.err = ErrNALU
			return s
		}
		n := lengthSize + int(naluSize(data, lengthSize))
		if unit := data[lengthSize:n]; len(unit) > 0 {
			t.see(&s, unit)
		}
		data = data[n:]
	}
	return s
}

func (t *VideoTrack) see(s *sight, unit []byte) {
	s.units++
	kind, picture := unit[0]&0x1f, false
	if t.format == HEVC {
		kind = unit[0] >> 1 & 0x3f
		picture = kind < nalVPS
	} else {
		picture = kind >= 1 && kind <= nalIDR
	}
	switch {
	case picture:
		s.picture++
		s.start = s.start || (&VideoConfig{Format: t.format}).begins(unit[0])
	case isSet(t.format, kind):
		s.sets++
		changed := t.sets.put(t.format, kind, unit)
		// A PPS of its own changes nothing that a player is told; it stands in the picture too.
		s.changed = s.changed || changed && (t.config == nil || kind != ppsOf(t.format))
	}
}

// renew makes a configuration of the sets, if there is none or one that they have overtaken.
func (t *VideoTrack) renew(s sight) (fresh bool, err error) {
	if !s.changed {
		return false, nil
	}
	record := t.sets.record(t.format)
	if record == nil {
		return false, nil
	}
	c, err := ParseVideoConfig(t.format, record)
	if err != nil {
		return false, err
	}
	if size := t.size(); size != 4 {
		at := map[VideoFormat]int{AVC: 4, HEVC: 21}[t.format]
		c.Record[at] = c.Record[at]&^3 | byte(size-1)
		c.LengthSize = size
	}
	t.config = &c
	return true, nil
}

// beginsWithStartCode allows for zeros before it.
func beginsWithStartCode(b []byte) bool {
	rest := bytes.TrimLeft(b, "\x00")
	return len(b)-len(rest) >= 2 && len(rest) > 0 && rest[0] == 1
}

// fromStartCodes gives the NAL units of b with lengths of 4 bytes.
func fromStartCodes(b []byte) []byte {
	code := []byte{0, 0, 1}
	out := make([]byte, 0, len(b)+16)
	_, b, _ = bytes.Cut(b, code)
	for len(b) > 0 {
		unit, rest, _ := bytes.Cut(b, code)
		unit = bytes.TrimRight(unit, "\x00") // of the next code, or stuffing: no unit ends with one
		if len(unit) > 0 {
			out = binary.BigEndian.AppendUint32(out, uint32(len(unit)))
			out = append(out, unit...)
		}
		b = rest
	}
	return out
}
