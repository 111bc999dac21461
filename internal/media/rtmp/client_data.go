package rtmp

import "hawker/internal/media/rtmp/amf"

// WriteData sends an AMF0 data message as it came from another stream: the name
// onMetaData and its values.
func (c *Client) WriteData(body []byte) error {
	payload := append(amf.Append(nil, "@setDataFrame"), body...)
	return c.send(csAudio, Message{Type: typeData, StreamID: mediaStream, Payload: payload})
}
