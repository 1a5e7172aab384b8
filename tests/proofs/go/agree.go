// Go's own transparency log code, asked about logs that Folkmoot wrote.
//
// It reads questions as JSON from standard input, one object a log, and answers each with a line of JSON. What it says
// comes from golang.org/x/mod/sumdb alone: nothing of Folkmoot's is compiled in.
package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type question struct {
	Directory string
	Key       string
	Sizes     []int64
	Inclusion []struct {
		Index, Size int64
		Proof       tlog.RecordProof
	}
	Consistency []struct {
		Old, New int64
		Proof    tlog.TreeProof
	}
}

type answer struct {
	Text      string              // of the checkpoint, if its signature holds
	Signed    []string            // whose signatures hold
	Unknown   []string            // whose signatures were passed over
	Leaves    []tlog.Hash         // of the first and the last entry, as Go hashes them
	Roots     map[int64]tlog.Hash // by size, from the entries
	FromTiles map[int64]tlog.Hash // by size, from tiles that Go has checked against the checkpoint's root
	Inclusion []tlog.RecordProof  // as Go makes them from the tiles
	Tree      []tlog.TreeProof    // likewise
	Refused   []string            // which of our proofs Go does not accept
	GoKey     string              // a key made by Go,
	GoNote    string              // and a note signed with it
}

func main() {
	questions := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for questions.More() {
		var q question
		must(questions.Decode(&q))
		must(answers.Encode(about(q)))
	}
}

func about(q question) answer {
	a := answer{Roots: map[int64]tlog.Hash{}, FromTiles: map[int64]tlog.Hash{}}

	// The checkpoint: a note, signed by the log.
	verifier, err := note.NewVerifier(q.Key)
	must(err)
	data, err := os.ReadFile(filepath.Join(q.Directory, "checkpoint"))
	must(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	a.Text = opened.Text
	for _, signature := range opened.Sigs {
		a.Signed = append(a.Signed, signature.Name)
	}
	for _, signature := range opened.UnverifiedSigs {
		a.Unknown = append(a.Unknown, signature.Name)
	}
	lines := strings.Split(opened.Text, "\n")
	var size int64
	_, err = fmt.Sscan(lines[1], &size)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)

	// The entries: every hash of the tree, in the order in which Go stores them.
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for index := int64(0); index < size; {
		width := min(1<<height, size-index)
		for _, entry := range entries(q.Directory, index>>height, int(width)) {
			hashes, err := tlog.StoredHashes(index, entry, reader)
			must(err)
			stored = append(stored, hashes...)
			if index == 0 || index == size-1 {
				a.Leaves = append(a.Leaves, tlog.RecordHash(entry))
			}
			index++
		}
	}

	// The tiles: Go believes none of them that does not lead to the checkpoint's root.
	tiles := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileReader(q.Directory))
	for _, size := range q.Sizes {
		a.Roots[size], err = tlog.TreeHash(size, reader)
		must(err)
		a.FromTiles[size], err = tlog.TreeHash(size, tiles)
		must(err)
	}
	for _, asked := range q.Inclusion {
		proof, err := tlog.ProveRecord(asked.Size, asked.Index, tiles)
		must(err)
		a.Inclusion = append(a.Inclusion, proof)
		leaf := stored[tlog.StoredHashIndex(0, asked.Index)]
		if err := tlog.CheckRecord(asked.Proof, asked.Size, hash(asked.Size, reader), asked.Index, leaf); err != nil {
			a.Refused = append(a.Refused, fmt.Sprintf("inclusion of %d in %d: %v", asked.Index, asked.Size, err))
		}
	}
	for _, asked := range q.Consistency {
		proof, err := tlog.ProveTree(asked.New, asked.Old, tiles)
		must(err)
		a.Tree = append(a.Tree, proof)
		now, then := hash(asked.New, reader), hash(asked.Old, reader)
		if err := tlog.CheckTree(asked.Proof, asked.New, now, asked.Old, then); err != nil {
			a.Refused = append(a.Refused, fmt.Sprintf("consistency of %d with %d: %v", asked.Old, asked.New, err))
		}
	}

	// A note of Go's own, for ours to check.
	secret, public, err := note.GenerateKey(rand.Reader, "go.example/log")
	must(err)
	signer, err := note.NewSigner(secret)
	must(err)
	signed, err := note.Sign(&note.Note{Text: opened.Text}, signer)
	must(err)
	a.GoKey, a.GoNote = public, string(signed)
	return a
}

func hash(size int64, reader tlog.HashReader) tlog.Hash {
	found, err := tlog.TreeHash(size, reader)
	must(err)
	return found
}

// place is where a tile lies. Go's paths name the height of tiles; C2SP's do not.
func place(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

func entries(directory string, index int64, width int) [][]byte {
	path := place(tlog.Tile{H: height, L: 0, N: index, W: width})
	data, err := os.ReadFile(filepath.Join(directory, strings.Replace(path, "tile/0/", "tile/entries/", 1)))
	must(err)
	var found [][]byte
	for len(data) > 0 {
		length := 2 + int(binary.BigEndian.Uint16(data))
		found = append(found, data[2:length])
		data = data[length:]
	}
	return found
}

type tileReader string

func (t tileReader) Height() int { return height }

func (t tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(t), place(tile)))
		if err != nil {
			return nil, err
		}
		found[i] = data
	}
	return found, nil
}

func (t tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
