#include "reconciler/transfer/fetch_session.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/threads.hpp"

namespace ingot::transfer {

namespace {

constexpr std::size_t longest_stretch = 64 * 1024 * 1024 / segment_size;
/// A segment that came wrong is fetched once more: a bit may have flipped on the way.
constexpr int most_wrong = 2;

std::string shown_url(const io::Response& response, const Digest& file) { return response.url + object_path(file); }

}  // namespace

std::vector<Stretch> stretches_of(const std::vector<bool>& missing, int connections) {
  const auto streams = static_cast<std::size_t>(std::max(connections, 1));
  const auto count = static_cast<std::size_t>(std::count(missing.begin(), missing.end(), true));
  const std::size_t longest =
      streams == 1 ? missing.size() : std::clamp<std::size_t>((count + streams - 1) / streams, 1, longest_stretch);
  std::vector<Stretch> stretches;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!missing[i]) continue;
    const bool goes_on = !stretches.empty() && stretches.back().end == i && i - stretches.back().first < longest;
    if (goes_on)
      ++stretches.back().end;
    else
      stretches.push_back({i, i + 1});
  }
  return stretches;
}

/// One request's answer as it comes in.
struct FetchSession::Receiving {
  io::File& handle;
  Stretch run;
  bool whole = false;          ///< no range was asked for: the body begins with the first segment
  std::size_t at = 0;          ///< the segment that is coming
  std::uint64_t position = 0;  ///< within it
  io::Sha256 hash = {};        ///< of it so far
  std::size_t good = 0;        ///< segments that this request brought
  std::uint64_t bytes = 0;     ///< of the body
  std::uint64_t gained = 0;    ///< of them, bytes that were not here
  bool wrong = false;          ///< a segment came wrong
  bool web_page = false;
  bool overlong = false;
};

FetchSession::FetchSession(io::PeerTransport& peer, io::Throttle& throttle, const CopyJob& job, PartialFile& partial,
                           std::function<void(std::uint64_t, std::uint64_t)> arrived)
    : peer_(peer), throttle_(throttle), job_(job), partial_(partial), arrived_(std::move(arrived)), wrong_(partial.count(), 0) {
  // What an earlier run left may be wrong without anyone's fault now.
  for (std::size_t i = 0; i < wrong_.size(); ++i) wrong_[i] = partial_.begun(i) > 0 ? -1 : 0;
}

std::optional<CopyFailed> FetchSession::run() {
  run_streams();
  if (!failed_ && ranges_refused_) {
    whole_only_ = true;
    run_streams();
  }
  if (!failed_ && !partial_.is_complete())
    fail(Code::unreachable, "the peer gives neither ranges nor the whole of an image's bytes");
  return failed_;
}

void FetchSession::run_streams() {
  std::vector<bool> missing(partial_.count());
  for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = !partial_.has(i);
  const auto stretches = stretches_of(missing, whole_only_ ? 1 : job_.connections);
  waiting_.assign(stretches.begin(), stretches.end());
  const std::size_t streams =
      whole_only_ ? 1 : std::min(stretches.size(), static_cast<std::size_t>(std::max(job_.connections, 1)));
  io::Threads threads;
  for (std::size_t i = 1; i < streams && threads.try_start([this] { stream(); }); ++i) {}
  if (streams > 0) stream();
  threads.join();
  if (thrown_) std::rethrow_exception(thrown_);
}

void FetchSession::stream() {
  try {
    const auto handle = partial_.open();
    while (const auto stretch = next_stretch()) fetch_stretch(*handle, *stretch);
    handle->close();
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    if (!thrown_) thrown_ = std::current_exception();
  }
}

std::optional<Stretch> FetchSession::next_stretch() {
  const std::scoped_lock lock(mutex_);
  if (failed_ || thrown_ || (ranges_refused_ && !whole_only_) || waiting_.empty()) return std::nullopt;
  const Stretch stretch = waiting_.front();
  waiting_.pop_front();
  return stretch;
}

/// Not beyond a segment whose beginning is here: that is asked for by itself.
std::optional<Stretch> FetchSession::missing_in(const Stretch& stretch) const {
  std::size_t first = stretch.first;
  while (first < stretch.end && partial_.has(first)) ++first;
  std::size_t end = first;
  while (end < stretch.end && !partial_.has(end) && (end == first || partial_.begun(end) == 0)) ++end;
  if (first == end) return std::nullopt;
  return Stretch{first, end};
}

void FetchSession::fetch_stretch(io::File& handle, const Stretch& stretch) {
  int poor = 0;  // answers in a row that brought little
  while (!is_over()) {
    const auto run = missing_in(stretch);
    if (!run || !fetch_run(handle, *run, poor)) return;
  }
}

/// False: there is no point in asking again for what is still missing.
bool FetchSession::fetch_run(io::File& handle, const Stretch& missing, int& poor) {
  Receiving receiving = begin_run(handle, missing);
  const io::Response response = peer_.get(
      request_for(receiving), [&](std::string_view bytes) { return take(receiving, bytes); }, [] {});
  return judge(receiving, response, poor);
}

FetchSession::Receiving FetchSession::begin_run(io::File& handle, const Stretch& missing) const {
  const bool all = missing.first == 0 && missing.end == partial_.count() && partial_.begun(0) == 0;
  const bool whole = whole_only_ || all;
  Receiving receiving{.handle = handle, .run = whole ? Stretch{0, partial_.count()} : missing, .whole = whole};
  receiving.at = receiving.run.first;
  begin_segment(receiving);
  return receiving;
}

io::Request FetchSession::request_for(const Receiving& receiving) const {
  const std::uint64_t begin = partial_.offset(receiving.run.first) + receiving.position;
  const std::size_t last = receiving.run.end - 1;
  const std::uint64_t length = partial_.offset(last) + partial_.table().segments[last].packed - begin;
  io::Request request;
  request.path = object_path(job_.packed.file.digest);
  request.at_most = length;
  request.resumes = true;
  request.may_go_on = job_.may_go_on;
  if (!receiving.whole) {
    request.offset = begin;
    request.length = length;
  }
  return request;
}

/// The first segment of a range goes on where its beginning ends; whatever follows comes from its beginning.
void FetchSession::begin_segment(Receiving& receiving) const {
  receiving.position = 0;
  receiving.hash = io::Sha256();
  if (receiving.whole || receiving.at != receiving.run.first) return;
  std::string here(partial_.begun(receiving.at), '\0');
  if (here.empty()) return;
  here.resize(receiving.handle.read_at(partial_.offset(receiving.at), here));
  receiving.hash.update(here);
  receiving.position = here.size();
}

bool FetchSession::take(Receiving& receiving, std::string_view bytes) {
  io::throw_if_interrupted();
  if (job_.may_go_on) job_.may_go_on();
  throttle_.take(bytes.size(), job_.may_go_on);
  arrived_(bytes.size(), 0);
  if (receiving.bytes == 0 && receiving.position == 0 && io::begins_as_web_page(bytes)) {
    receiving.web_page = true;
    return false;
  }
  receiving.bytes += bytes.size();
  while (!bytes.empty()) {
    if (receiving.at == receiving.run.end) {
      receiving.overlong = true;
      return false;
    }
    const std::uint64_t left = partial_.table().segments[receiving.at].packed - receiving.position;
    const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
    keep(receiving, part);
    bytes.remove_prefix(part.size());
    if (part.size() == left && !end_segment(receiving)) return false;
  }
  return true;
}

void FetchSession::keep(Receiving& receiving, std::string_view bytes) {
  const std::uint64_t end = receiving.position + bytes.size();
  if (!partial_.has(receiving.at)) {
    const std::uint64_t known = std::clamp(partial_.begun(receiving.at), receiving.position, end);
    receiving.gained += end - known;
    partial_.add(receiving.handle, receiving.at, receiving.position, bytes);
    receiving.hash.update(bytes);
  }
  receiving.position = end;
}

/// The segment that was coming is whole. False ends the transfer: another stream failed.
bool FetchSession::end_segment(Receiving& receiving) {
  const std::size_t segment = receiving.at++;
  if (!partial_.has(segment)) {
    if (receiving.hash.finish() == partial_.table().segments[segment].digest) {
      partial_.accept(receiving.handle, segment);
      ++receiving.good;
      arrived_(0, partial_.table().segments[segment].packed);
    } else {
      partial_.reject(receiving.handle, segment);
      receiving.wrong = true;
      const std::scoped_lock lock(mutex_);
      ++wrong_[segment];
    }
  }
  if (receiving.at < receiving.run.end) begin_segment(receiving);
  return !is_over();
}

/// Whether to ask again for what is missing; a failure of the peer is noted.
bool FetchSession::judge(const Receiving& receiving, const io::Response& response, int& poor) {
  if (is_over()) return false;
  const std::string url = shown_url(response, job_.packed.file.digest);
  if (receiving.web_page || (response.web_page && response.status == io::Response::Status::oversize)) {
    fail(Code::unreachable, fmt::format("\"{}\" answers with an HTML page", url));
    return false;
  }
  // However the answer ended: a peer that cuts each one behind wrong bytes would be asked for ever.
  if (const auto segment = wrong_too_often(receiving)) {
    if (!partial_.has(0) && begins_as_web_page()) {
      fail(Code::unreachable, fmt::format("\"{}\" answers with an HTML page", url));
      return false;
    }
    fail(Code::untrusted, fmt::format("segment {} of \"{}\" is not what was signed, and was so twice", *segment + 1, url));
    return false;
  }
  switch (response.status) {
    case io::Response::Status::ok: return judge_complete(receiving, response, poor);
    case io::Response::Status::oversize: break;
    case io::Response::Status::unreachable:
      if (receiving.overlong) break;
      if (response.failing) {
        fail(Code::peer_failing, response.why);
        return false;
      }
      return goes_on(receiving, Code::unreachable, response.why, poor);
    case io::Response::Status::refused:
    case io::Response::Status::not_modified: fail(Code::unreachable, response.why); return false;
    case io::Response::Status::not_found:
      fail(Code::unreachable, "the catalog names bytes that its server does not have: " + response.why);
      return false;
    case io::Response::Status::wrong_range: {
      const std::scoped_lock lock(mutex_);
      ranges_refused_ = true;
      return false;
    }
  }
  fail(Code::untrusted, fmt::format("\"{}\" is longer than was signed", url));
  return false;
}

/// Asks for the first bytes once more: the stream that asked for them may not have got them yet, and ranges from the middle of a
/// page look like any wrong bytes (R19).
bool FetchSession::begins_as_web_page() const {
  constexpr std::uint64_t enough = 64;
  io::Request request;
  request.path = object_path(job_.packed.file.digest);
  request.offset = 0;
  request.length = std::min(enough, partial_.table().packed);
  request.at_most = *request.length;
  request.may_go_on = job_.may_go_on;
  const io::Fetched first = io::fetch(peer_, request);
  return first.response.web_page || io::begins_as_web_page(first.body);
}

std::optional<std::size_t> FetchSession::wrong_too_often(const Receiving& receiving) const {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = receiving.run.first; i < receiving.run.end; ++i) {
    if (wrong_[i] >= most_wrong) return i;
  }
  return std::nullopt;
}

bool FetchSession::judge_complete(const Receiving& receiving, const io::Response& response, int& poor) {
  const std::string url = shown_url(response, job_.packed.file.digest);
  const bool cut = receiving.at < receiving.run.end;
  if (cut && receiving.whole && response.length_known && receiving.bytes > 0) {
    fail(Code::untrusted,
         fmt::format("\"{}\" is {} bytes long, but {} were signed", url, receiving.bytes, partial_.table().packed));
    return false;
  }
  return !cut || goes_on(receiving, Code::unreachable, fmt::format("\"{}\" ended after {} bytes", url, receiving.bytes), poor);
}

/// An answer ended early. Each that brings its share is followed by another: a proxy may end them all after some time.
bool FetchSession::goes_on(const Receiving& receiving, Code code, const std::string& why, int& poor) {
  poor = receiving.gained < least_gain ? poor + 1 : 0;
  if (receiving.gained > 0 && poor < most_poor) return true;
  fail(code, why);
  return false;
}

void FetchSession::fail(Code code, std::string text) {
  const std::scoped_lock lock(mutex_);
  // What a human must look at is told before what time may heal.
  if (!failed_ || (code == Code::untrusted && failed_->code != code)) failed_ = CopyFailed{.code = code, .text = std::move(text)};
}

bool FetchSession::is_over() const {
  const std::scoped_lock lock(mutex_);
  return failed_.has_value() || thrown_ != nullptr;
}

}  // namespace ingot::transfer
