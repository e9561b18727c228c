#include "tests/attacks/lies.hpp"

#include <cstdio>

#include "tests/attacks/attack.hpp"

namespace ingot::attacks {

using testing_support::http_answer;

namespace {

std::string chunk(const std::string& body) {
  std::array<char, 20> size{};
  const int written = std::snprintf(size.data(), size.size(), "%zx\r\n", body.size());
  return std::string(size.data(), static_cast<std::size_t>(written)) + body + "\r\n";
}
constexpr const char* chunked = "Transfer-Encoding: chunked\r\n";

/// The answer to anything, whatever was asked for.
Lie fixed(const std::string& name, const std::string& answer, std::size_t asked = 1) {
  return {.name = name, .answer = [answer](const std::string&) { return answer; }, .asked = asked};
}

}  // namespace

std::string sized(const std::string& headers, const std::string& body) { return http_answer("200 OK", headers, body); }
std::string unsized(const std::string& body) { return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body; }

std::vector<Lie> cuts() {
  std::vector<Lie> lies;
  for (std::size_t part = 0; part < 16; part += is_full() ? 1U : 5U) {
    const auto cut = [part](const std::string& body) { return body.substr(0, body.size() * part / 16); };
    const std::string at = " after " + std::to_string(part) + "/16";
    lies.push_back({.name = "B1 cut" + at + " of its length",
                    .answer =
                        [cut](const std::string& body) {
                          return sized("Content-Length: " + std::to_string(body.size()) + "\r\n", cut(body));
                        },
                    .asked = 3});
    lies.push_back(
        {.name = "B1 cut" + at + ", of no length", .answer = [cut](const std::string& body) { return unsized(cut(body)); }});
    if (part > 0)
      lies.push_back({.name = "B1 cut" + at + " in chunks",
                      .answer = [cut](const std::string& body) { return sized(chunked, chunk(cut(body))); },
                      .asked = 3});
  }
  return lies;
}

std::vector<Lie> lengths() {
  const auto length = [](const std::string& what) { return "Content-Length: " + what + "\r\n"; };
  const auto saying = [length](const std::string& what) {
    return [=](const std::string& body) { return sized(length(what), body); };
  };
  return {
      {.name = "B2 one byte more than it has",
       .answer = [length](const std::string& body) { return sized(length(std::to_string(body.size() + 1)), body); },
       .exits = {3, 4, 4, 4},
       .asked = 3},
      {.name = "B2 two bytes less",
       .answer = [length](const std::string& body) { return sized(length(std::to_string(body.size() - 2)), body); },
       .exits = {3, 4, 4, 4}},
      {.name = "B2 negative", .answer = saying("-5")},
      {.name = "B2 of 23 digits", .answer = saying("99999999999999999999999")},
      {.name = "B2 of hex", .answer = saying("0x10")},
      {.name = "B2 empty", .answer = saying("")},
      {.name = "B2 twice, not the same",
       .answer = [length](const std::string& body) { return sized(length(std::to_string(body.size())) + length("7"), body); }},
      {.name = "B2 a list",
       .answer = [length](const std::string& body) { return sized(length(std::to_string(body.size()) + ", 7"), body); }},
      {.name = "B2 and chunks of another",
       .answer = [length](const std::string& body) { return sized(length("7") + chunked, chunk(body) + "0\r\n\r\n"); },
       .exits = {3, 3, 3, 0},
       .asked = 3},  // of bytes, what came as signed is kept, whatever the answer's frame said
      {.name = "B2 a chunk that is none",
       .answer = [](const std::string& body) { return sized(chunked, "zz\r\n" + body); },
       .asked = 3},
      {.name = "B2 a chunk of 2^64",
       .answer = [](const std::string& body) { return sized(chunked, "10000000000000000\r\n" + body); },
       .asked = 3},
  };
}

std::vector<Lie> encodings() {
  std::vector<Lie> lies;
  for (const std::string coding : {"gzip", "br", "deflate", "zstd", "gzip, gzip", "x-unknown"}) {
    lies.push_back({.name = "B12 Content-Encoding: " + coding,
                    .answer = [coding](const std::string& body) { return sized("Content-Encoding: " + coding + "\r\n", body); }});
  }
  const std::string bomb("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  lies.push_back(fixed("B12 a bomb", sized("Content-Encoding: gzip\r\n", bomb + std::string(1000, '\0'))));
  return lies;
}

std::vector<Lie> statuses() {
  std::vector<Lie> lies;
  for (const std::string status : {"500 x", "502 x", "503 x", "599 x", "408 x", "429 x", "999 x"}) {
    lies.push_back({.name = "B15 " + status,
                    .answer = [status](const std::string& body) { return http_answer(status, "", body); },
                    .asked = 3});
  }
  for (const std::string status :
       {"400 x", "401 x", "403 x", "404 x", "407 x", "410 x", "451 x", "418 x", "204 x", "205 x", "206 x", "101 x", "000 x"}) {
    lies.push_back(
        {.name = "B15 " + status, .answer = [status](const std::string& body) { return http_answer(status, "", body); }});
  }
  lies.push_back({.name = "B15 no HTTP at all", .answer = [](const std::string& body) { return body; }});
  lies.push_back(fixed("B15 nothing at all", "", 3));
  lies.push_back(fixed("B15 headers cut", "HTTP/1.1 200 OK\r\nContent-Le", 3));
  return lies;
}

std::vector<Lie> web_pages() {
  const std::string page = "<!DOCTYPE html><html><body>Sign in to this network</body></html>";
  std::vector<Lie> lies;
  for (const std::string type : {"text/html", "Text/HTML; charset=utf-8"}) {
    lies.push_back(fixed("B14 a web page, " + type, sized("Content-Type: " + type + "\r\n", page)));
  }
  lies.push_back(fixed("B14 a large one", sized("Content-Type: text/html\r\n", page + std::string(100'000, ' '))));
  lies.push_back(fixed("B14 an empty one", sized("Content-Type: text/html\r\n", "")));
  return lies;
}

std::vector<Lie> redirects(const std::string& elsewhere) {
  std::vector<Lie> lies;
  for (const std::string& target : {std::string("file:///etc/passwd"),
                                    std::string("ftp://127.0.0.1/x"),
                                    std::string("gopher://127.0.0.1/x"),
                                    std::string("scp://127.0.0.1/x"),
                                    std::string("smb://127.0.0.1/x"),
                                    std::string("tftp://127.0.0.1/x"),
                                    std::string("dict://127.0.0.1/x"),
                                    std::string("ldap://127.0.0.1/x"),
                                    std::string("telnet://127.0.0.1/x"),
                                    "HTTP" + elsewhere.substr(4),
                                    elsewhere.substr(5),
                                    "\\\\\\\\" + elsewhere.substr(7),
                                    std::string("http://169.254.169.254/latest/meta-data/"),
                                    std::string("http://127.1/x"),
                                    std::string("http://0x7f.1/x"),
                                    std::string("http://2130706433/x"),
                                    std::string("http://[::ffff:7f00:1]/x"),
                                    std::string("http://[fe80::1%25lo]/x"),
                                    std::string("https://user:pass@127.0.0.1/x"),
                                    elsewhere + "head.dsse",
                                    std::string("head.dsse"),
                                    std::string("/")}) {
    lies.push_back(fixed("B8 B9 B11 redirected to " + target, http_answer("302 Found", "Location: " + target + "\r\n", "")));
  }
  for (const std::string status : {"301", "303", "307", "308", "300"}) {
    lies.push_back(fixed("B11 " + status, http_answer(status + " Moved", "Location: " + elsewhere + "\r\n", "")));
  }
  lies.push_back(fixed("B8 refreshed", http_answer("503 x", "Refresh: 0; url=" + elsewhere + "\r\n", ""), 3));
  return lies;
}

}  // namespace ingot::attacks
