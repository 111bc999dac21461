package flv

import "fmt"

// CodecError is a tag of a codec that is not taken. It is an ErrCodec.
type CodecError struct {
	Name string // as people know it
}

// Error implements error.
func (e *CodecError) Error() string { return fmt.Sprintf("%v: %s", ErrCodec, e.Name) }

// Unwrap makes it an ErrCodec.
func (e *CodecError) Unwrap() error { return ErrCodec }

// VideoName is the name of a video codec by its number in FLV.
func VideoName(n int) string {
	switch n {
	case 2:
		return "Sorenson H.263"
	case 3, 6:
		return "Screen video"
	case 4, 5:
		return "VP6"
	case codecAVC:
		return "H.264"
	case codecHEVC:
		return "HEVC"
	case codecAV1:
		return "AV1"
	}
	return fmt.Sprintf("video codec %d", n)
}

// AudioName is the name of an audio codec by its number in FLV.
func AudioName(n int) string {
	switch n {
	case 0, 3:
		return "PCM"
	case 1:
		return "ADPCM"
	case 2, 14:
		return "MP3"
	case 4, 5, 6:
		return "Nellymoser"
	case 7, 8:
		return "G.711"
	case soundAAC:
		return "AAC"
	case 11:
		return "Speex"
	case 13:
		return "Opus"
	}
	return fmt.Sprintf("audio codec %d", n)
}

// fourCCName is the name of a codec by its four letters in Enhanced RTMP.
func fourCCName(fourCC string) string {
	switch fourCC {
	case "vp08":
		return "VP8"
	case "vp09":
		return "VP9"
	case "vvc1":
		return "VVC"
	case ".mp3":
		return "MP3"
	case "ac-3":
		return "AC-3"
	case "ec-3":
		return "E-AC-3"
	case "fLaC":
		return "FLAC"
	}
	for _, c := range []byte(fourCC) {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("%x", fourCC)
		}
	}
	return fourCC
}
