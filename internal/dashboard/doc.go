// Package dashboard serves the page that people work with, and the API beside it, below
// one path.
//
//	BASE/api/…       the API, which sees its paths without BASE
//	BASE/assets/…    files whose names are hashes of what is in them: kept for ever by
//	                 browsers; one that is not there is 404, and the page of an older
//	                 version, which asks for it, knows what to do
//	BASE/NAME        other files of the build, such as version.json: asked for again each time
//	BASE/…           index.html, whatever the path: the page's router knows them, and
//	                 says itself what is not there
//
// index.html is rendered for each answer: <base href> is the path below which the
// browser sees us, and what stands for a nonce becomes one, the same as in the answer's
// Content-Security-Policy. So the page has the styles that it makes itself, and nobody
// else's.
//
// Only what the build has is served, by its exact name: there is nothing to traverse.
// NAME.br and NAME.gz are NAME for clients that take them so, and nothing by themselves.
package dashboard
