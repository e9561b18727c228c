#include "reconciler/upload/bucket.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/s3_signature.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::upload {

/// One request of the API.
struct Bucket::Question {
  std::string method;
  std::string path = {};
  std::map<std::string, std::string> query = {};
  std::map<std::string, std::string> headers = {};
  Piece body = {};  ///< length 0: none
  io::BodyReader read = {};
  std::uint64_t at_most = 0;       ///< bytes of a good answer's body, beside what an error may have
  bool not_there_is_fine = false;  ///< 404 is an answer, unless the bucket itself is not there
  std::string fine_code = {};      ///< of an error that is an answer
};

namespace {

constexpr const char* digest_header = "x-amz-meta-ingot-sha256";
constexpr const char* if_none_match = "if-none-match";
constexpr std::size_t longest_etag = 256;
constexpr std::uint64_t longest_error = 64 * 1024;  ///< of an answer that is none to the request

std::string unescaped(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> entities{
      {{"&quot;", "\""}, {"&apos;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}};
  for (const auto& [entity, letter] : entities) {
    for (auto at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1))
      text.replace(at, entity.size(), letter);
  }
  return text;
}

std::string header_of(const io::HttpAnswer& answer, const std::string& name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? "" : found->second;
}

/// Without quotes. Of what could break a header line or a statement of ours, nothing.
std::string clean_etag(std::string etag) {
  std::erase(etag, '"');
  const bool clean = std::all_of(etag.begin(), etag.end(), [](unsigned char byte) { return byte > 0x20 && byte < 0x7F; });
  return clean && etag.size() <= longest_etag ? etag : "";
}
std::string etag_of(const io::HttpAnswer& answer) { return clean_etag(header_of(answer, "etag")); }

bool is_good(const std::string& method, const io::HttpAnswer& answer) {
  // A store may find out late that it cannot put the parts together, when it has said 200 already. Only an answer to a POST is
  // a text of the store: what a GET gives are the bytes of an object.
  const bool is_error = method == "POST" && answer.body.find("<Error") != std::string::npos;
  return answer.status >= 200 && answer.status < 300 && !is_error;
}

bool is_not_there(const io::HttpAnswer& answer) {
  return answer.status == 404 && element_text(answer.body, "Code") != "NoSuchBucket";
}

bool is_full(const io::HttpAnswer& answer) {
  return answer.status == 507 || element_text(answer.body, "Code") == "QuotaExceeded";
}

/// What time may mend.
bool is_worth_another(const io::HttpAnswer& answer) {
  if (answer.status == 0) return answer.again;
  if (is_full(answer)) return false;
  const std::string code = element_text(answer.body, "Code");
  return answer.status >= 500 || answer.status == 429 || answer.status == 408 || code == "RequestTimeout" ||
         code == "OperationAborted" || code == "InternalError" || code == "SlowDown";
}

std::optional<Seconds> asked_wait(const io::HttpAnswer& answer) {
  const std::string text = header_of(answer, "retry-after");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds <= 0) return std::nullopt;
  return Seconds(seconds);
}

struct Trouble {
  Code code = Code::unreachable;
  std::string why;  ///< a clause
  std::string mend = {};
};

Trouble denial(const UploadEntry& place, const std::string& said) {
  const std::string source =
      place.key.file
          ? fmt::format("the access key in \"{}\" (credentials_file)", io::printable(*place.key.file))
          : fmt::format("the access key in {} and {}", place.key.key_id_env.value_or(""), place.key.secret_env.value_or(""));
  return {.code = Code::credentials,
          .why = fmt::format("the store refuses the access key ({})", said),
          .mend = fmt::format("check {}, and that it may read, write and delete in the bucket, and list the bucket", source)};
}

Trouble trouble_of(const io::HttpAnswer& answer, const UploadEntry& place) {
  constexpr const char* later = "check the store, and \"endpoint\" in the manifest; the next run goes on";
  if (answer.status == 0) return {.why = answer.why, .mend = answer.mend.empty() ? later : answer.mend};
  const std::string code = element_text(answer.body, "Code");
  const std::string said = io::printable(code.empty() ? fmt::format("status {}", answer.status)
                                                      : fmt::format("status {}, {}", answer.status, code.substr(0, 100)));
  if (code == "RequestTimeTooSkewed" || code == "RequestExpired")
    return {.why = fmt::format("this clock and the store's differ by more than 15 minutes; the store's says {}",
                               io::printable(header_of(answer, "date"))),
            .mend = "set the clock of this machine"};
  if (code == "NoSuchBucket")
    return {.why = fmt::format("there is no bucket \"{}\"", place.bucket),
            .mend = "create the bucket, or correct \"to\" in the manifest"};
  if (code == "BadDigest" || code == "XAmzContentSHA256Mismatch")
    return {.code = Code::damaged,
            .why = fmt::format("the bytes that came to the store are not those that are published ({})", said),
            .mend = "run \"ingot verify --repair\"; if nothing is damaged here, check the network"};
  if (answer.status >= 300 && answer.status < 400 && answer.status != 304)
    return {.why = fmt::format("the store says that the bucket is elsewhere ({})", said),
            .mend = "correct \"endpoint\" and \"region\" in the manifest"};
  if (code == "AuthorizationHeaderMalformed" || code == "InvalidRegion" || code == "IllegalLocationConstraintException")
    return {.why = fmt::format("the store refuses the region \"{}\" ({})", place.region, said),
            .mend = "correct \"region\" in the manifest"};
  if (is_full(answer))
    return {.why = fmt::format("the bucket is full ({})", said), .mend = "enlarge its quota, or remove what nobody needs"};
  // Of a key for some time only, that time may be over: stores tell that with 400.
  const bool is_over = code == "ExpiredToken" || code == "TokenRefreshRequired" || code == "InvalidToken";
  if (answer.status == 401 || answer.status == 403 || is_over) return denial(place, said);
  return {.why = fmt::format("the store answers with {}", said), .mend = later};
}

Piece nothing() { return {.digest = io::sha256(""), .length = 0}; }

Piece piece_of(std::string_view text) { return {.digest = io::sha256(text), .length = text.size()}; }

io::BodyReader reader_of(const std::string& text) {
  return [text](std::uint64_t offset, std::span<char> into) {
    const std::string_view rest = std::string_view(text).substr(std::min<std::uint64_t>(offset, text.size()), into.size());
    std::copy(rest.begin(), rest.end(), into.begin());
    return rest.size();
  };
}

std::map<std::string, std::string> put_headers(const ObjectHeaders& headers, const Piece& piece) {
  return {{"content-type", headers.content_type}, {"cache-control", headers.cache_control}, {digest_header, piece.digest.hex()}};
}

std::string finishing_text(const std::vector<std::string>& etags) {
  std::string text = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < etags.size(); ++i)
    text += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>", i + 1, etags[i]);
  return text + "</CompleteMultipartUpload>";
}

/// An XML text of ours holds it, and a later request.
bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= 2048 &&
         std::all_of(id.begin(), id.end(), [](unsigned char byte) { return byte > 0x20 && byte < 0x7F; });
}

}  // namespace

std::string element_text(std::string_view xml, std::string_view name) {
  const std::string begin = fmt::format("<{}>", name), end = fmt::format("</{}>", name);
  const auto from = xml.find(begin);
  const auto to = from == std::string_view::npos ? from : xml.find(end, from);
  if (to == std::string_view::npos) return {};
  return unescaped(std::string(xml.substr(from + begin.size(), to - from - begin.size())));
}

Bucket::Bucket(io::HttpClient& http, UploadEntry place, io::AccessKey key, io::Clock& clock, BucketOptions options)
    : http_(http), place_(std::move(place)), key_(std::move(key)), clock_(clock), options_(std::move(options)) {}

io::HttpAnswer Bucket::ask_once(const Question& question) {
  const auto scheme_end = place_.endpoint.find("://") + 3;
  const std::string scheme = place_.endpoint.substr(0, scheme_end), authority = place_.endpoint.substr(scheme_end);
  const std::string host = place_.path_style ? authority : place_.bucket + "." + authority;
  const io::SignedS3Request request =
      io::sign_s3({.method = question.method,
                   .host = host,
                   .path = (place_.path_style ? "/" + place_.bucket : "") + "/" + place_.prefix + question.path,
                   .query = question.query,
                   .headers = question.headers,
                   .payload = (question.body.length == 0 ? nothing() : question.body).digest.hex()},
                  key_, place_.region, clock_.now());
  return http_.call({.method = question.method,
                     .url = scheme + host + request.target,
                     .headers = request.headers,
                     .length = question.body.length,
                     .body = question.read,
                     .at_most = std::max(question.at_most, longest_error),
                     .may_go_on = options_.may_go_on});
}

Bucket::LastAnswer Bucket::answer_to(const Question& question) {
  for (int failures = 1;; ++failures) {
    io::HttpAnswer answer = ask_once(question);
    const bool as_known = answer.status == 304 && question.headers.contains(if_none_match);
    const bool fine = is_good(question.method, answer) || as_known || (question.not_there_is_fine && is_not_there(answer)) ||
                      (question.at_most > 0 && answer.too_long) ||
                      (!question.fine_code.empty() && element_text(answer.body, "Code") == question.fine_code);
    if (fine || !is_worth_another(answer) || failures >= options_.retry.attempts) return {std::move(answer), fine};
    io::sleep_unless_interrupted(clock_, io::wait_before_retry(options_.retry, failures, asked_wait(answer), 0.5),
                                 options_.may_go_on);
  }
}

io::HttpAnswer Bucket::ask(const Question& question) {
  LastAnswer last = answer_to(question);
  if (!last.fine) fail(question, last.answer);
  return std::move(last.answer);
}

void Bucket::fail(const Question& question, const io::HttpAnswer& answer) const {
  const Trouble trouble = trouble_of(answer, place_);
  throw Error(Fault::incomplete, fmt::format("{} {}{}: {}", question.method, place_of(place_), question.path, trouble.why),
              trouble.mend)
      .with_code(trouble.code)
      .about("upload." + place_.name.text());
}

std::variant<ObjectBytes, NotModified, NotThere, TooLong> Bucket::get(const std::string& path, std::uint64_t at_most,
                                                                      const std::string& known_etag) {
  Question question{.method = "GET", .path = path, .at_most = at_most, .not_there_is_fine = true};
  if (!known_etag.empty()) question.headers[if_none_match] = fmt::format("\"{}\"", known_etag);
  question.headers["cache-control"] = "no-cache";
  io::HttpAnswer answer = ask(question);
  if (answer.status == 304) return NotModified{};
  if (answer.status == 404) return NotThere{};
  if (answer.body.size() > at_most || answer.too_long) return TooLong{};
  std::string etag = etag_of(answer);
  return ObjectBytes{.bytes = std::move(answer.body), .etag = std::move(etag)};
}

std::optional<ObjectFacts> Bucket::look_at(const std::string& path) {
  const io::HttpAnswer answer = ask({.method = "HEAD", .path = path, .not_there_is_fine = true});
  if (answer.status == 404) return std::nullopt;
  const std::string length = header_of(answer, "content-length");
  ObjectFacts facts{.size = 0, .etag = etag_of(answer), .digest = Digest::parse_hex(header_of(answer, digest_header))};
  std::from_chars(length.data(), length.data() + length.size(), facts.size);
  return facts;
}

std::string Bucket::put(const std::string& path, const Piece& piece, const ObjectHeaders& headers, const io::BodyReader& body) {
  return etag_of(ask({.method = "PUT", .path = path, .headers = put_headers(headers, piece), .body = piece, .read = body}));
}

void Bucket::remove(const std::string& path) { ask({.method = "DELETE", .path = path, .not_there_is_fine = true}); }

std::string Bucket::start_parts(const std::string& path, const Piece& whole, const ObjectHeaders& headers) {
  const Question question{.method = "POST", .path = path, .query = {{"uploads", ""}}, .headers = put_headers(headers, whole)};
  io::HttpAnswer answer = ask(question);
  std::string id = element_text(answer.body, "UploadId");
  if (!is_id(id)) fail(question, {.status = 0, .why = "the store gives no id for an upload in parts"});
  return id;
}

std::optional<std::string> Bucket::put_part(const std::string& path, const std::string& id, int number, const Piece& part,
                                            const io::BodyReader& body) {
  const Question question{.method = "PUT",
                          .path = path,
                          .query = {{"partNumber", fmt::format("{}", number)}, {"uploadId", id}},
                          .body = part,
                          .read = body,
                          .not_there_is_fine = true};
  const io::HttpAnswer answer = ask(question);
  if (answer.status == 404) return std::nullopt;
  std::string etag = etag_of(answer);
  if (etag.empty()) fail(question, {.status = 0, .why = "the store gives no ETag for a part"});
  return etag;
}

std::optional<std::string> Bucket::finish_parts(const std::string& path, const std::string& id,
                                                const std::vector<std::string>& etags) {
  const std::string text = finishing_text(etags);
  const Question question{.method = "POST",
                          .path = path,
                          .query = {{"uploadId", id}},
                          .headers = {{"content-type", "application/xml"}},
                          .body = piece_of(text),
                          .read = reader_of(text),
                          .not_there_is_fine = true,
                          .fine_code = "InvalidPart"};
  const auto [answer, fine] = answer_to(question);
  // Not every store says of parts that it has lost that they are not there: radosgw fails with 500.
  if (!fine && (answer.status < 500 || knows_parts(path, id))) fail(question, answer);
  if (!is_good(question.method, answer)) return std::nullopt;
  return clean_etag(element_text(answer.body, "ETag"));
}

bool Bucket::knows_parts(const std::string& path, const std::string& id) {
  const Question question{
      .method = "GET", .path = path, .query = {{"uploadId", id}}, .at_most = longest_error, .not_there_is_fine = true};
  return ask(question).status != 404;
}

void Bucket::drop_parts(const std::string& path, const std::string& id) {
  ask({.method = "DELETE", .path = path, .query = {{"uploadId", id}}, .not_there_is_fine = true});
}

}  // namespace ingot::upload
