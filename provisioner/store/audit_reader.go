package store

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// longestEvent bounds a line of an export; addresses and digests are far shorter.
const longestEvent = 1 << 20

// VerifyAuditExport reads what ExportAudit wrote, from its beginning or from any number on,
// and gives its last event. It needs no store: *AuditError where an event was changed, is
// missing or stands in another place. after is what lies before the first line, as an
// earlier call gave it; zero where that is taken on trust. Lines that were cut off at the
// end it cannot see: compare the head with what is known elsewhere.
func VerifyAuditExport(r io.Reader, after AuditHead) (AuditHead, error) {
	check := auditCheck{head: after}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestEvent)
	number, source := 0, ""
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var e cloudEvent
		if json.Unmarshal(line, &e) != nil || e.SpecVersion != "1.0" || e.Hash == "" {
			return check.head, fmt.Errorf("line %d: is not an event of an audit", number)
		}
		at, err := strconv.ParseInt(e.ID, 10, 64)
		if err != nil || at < 1 {
			return check.head, fmt.Errorf("line %d: id %q is not the number of an event", number, e.ID)
		}
		if source == "" {
			source = e.Source
		}
		if source != e.Source {
			return check.head, fmt.Errorf("line %d: is of another audit, %s, and those before it of %s", number, e.Source, source)
		}
		if check.head == (AuditHead{}) && check.broken == nil {
			check.head = AuditHead{Seq: at - 1, Hash: e.PreviousHash}
		}
		text := auditText(e.Data)
		if !e.tells(text) || at == check.head.Seq+1 && e.PreviousHash != check.head.Hash {
			e.Hash = "" // it does not speak for what stands around the event
		}
		check.event(at, text, e.Hash)
	}
	if err := lines.Err(); err != nil {
		return check.head, fmt.Errorf("line %d: %w", number+1, err)
	}
	return check.head, check.err()
}

// tells says that the attributes, which repeat the event, say what the event says: its hash
// does not cover them.
func (e cloudEvent) tells(text []byte) bool {
	var record auditRecord
	if decode(text, &record) != nil {
		return false
	}
	told := cloudEventOf(e.Source, record, nil, e.PreviousHash, e.Hash)
	return e.Type == told.Type && e.Time == told.Time && e.Subject == told.Subject && e.DataContentType == told.DataContentType
}

// auditText gives the text that the hash of an event covers, of an event that has been
// through other hands: white space and the order of its keys may have changed on the way.
// What is not the form of an event comes back as it is, for the hash to refuse.
func auditText(data []byte) []byte {
	var compact bytes.Buffer
	if json.Compact(&compact, data) != nil {
		return data
	}
	var record auditRecord
	var given, known any
	if decode(data, &record) != nil || decode(data, &given) != nil {
		return compact.Bytes()
	}
	text, err := encode(record)
	// Keys that the form of an event does not have would vanish unseen.
	if err != nil || decode(text, &known) != nil || !reflect.DeepEqual(given, known) {
		return compact.Bytes()
	}
	return text
}
