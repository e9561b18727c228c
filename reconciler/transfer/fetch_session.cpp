#include "reconciler/transfer/fetch_session.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"

namespace ingot {

namespace {

constexpr std::size_t longest_stretch = 64 * 1024 * 1024 / segment_size;
/// A segment that came wrong is fetched once more: a bit may have flipped on the way.
constexpr int most_wrong = 2;

std::string shown_url(const Response& response, const Digest& file) { return response.url + object_path(file); }

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
  File& handle;
  Stretch run;
  bool whole = false;        ///< no range was asked for: the body begins with the first segment
  std::size_t at = 0;        ///< the segment that is coming
  std::string buffer;        ///< of it
  std::size_t good = 0;      ///< segments that this request brought
  std::uint64_t bytes = 0;   ///< since the body last began
  bool wrong = false;        ///< a segment came wrong
  bool begins_anew = false;  ///< the transport starts over, but what came need not come again
  bool overlong = false;
};

FetchSession::FetchSession(PeerTransport& peer, Throttle& throttle, const CopyJob& job, PartialFile& partial,
                           std::function<void(std::uint64_t, std::uint64_t)> arrived)
    : peer_(peer), throttle_(throttle), job_(job), partial_(partial), arrived_(std::move(arrived)), wrong_(partial.count(), 0) {}

std::optional<CopyFailed> FetchSession::run() {
  run_streams();
  if (!failed_ && ranges_refused_) {
    whole_only_ = true;
    run_streams();
  }
  if (!failed_ && !partial_.is_complete()) fail("unreachable", "the peer gives neither ranges nor the whole of an image's bytes");
  return failed_;
}

void FetchSession::run_streams() {
  std::vector<bool> missing(partial_.count());
  for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = !partial_.has(i);
  const auto stretches = stretches_of(missing, whole_only_ ? 1 : job_.connections);
  waiting_.assign(stretches.begin(), stretches.end());
  const std::size_t streams =
      whole_only_ ? 1 : std::min(stretches.size(), static_cast<std::size_t>(std::max(job_.connections, 1)));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < streams; ++i) threads.emplace_back([this] { stream(); });
  if (streams > 0) stream();
  for (std::thread& thread : threads) thread.join();
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

std::optional<Stretch> FetchSession::missing_in(const Stretch& stretch) const {
  std::size_t first = stretch.first;
  while (first < stretch.end && partial_.has(first)) ++first;
  std::size_t end = first;
  while (end < stretch.end && !partial_.has(end)) ++end;
  if (first == end) return std::nullopt;
  return Stretch{first, end};
}

void FetchSession::fetch_stretch(File& handle, const Stretch& stretch) {
  while (!is_over()) {
    const auto run = missing_in(stretch);
    if (!run || !fetch_run(handle, *run)) return;
  }
}

/// False: there is no point in asking again for what is still missing.
bool FetchSession::fetch_run(File& handle, const Stretch& missing) {
  const bool whole = whole_only_ || (missing.first == 0 && missing.end == partial_.count());
  Receiving receiving{
      .handle = handle, .run = whole ? Stretch{0, partial_.count()} : missing, .whole = whole, .at = 0, .buffer = {}};
  receiving.at = receiving.run.first;
  const std::uint64_t begin = partial_.offset(receiving.run.first);
  const std::size_t last = receiving.run.end - 1;
  const std::uint64_t length = partial_.offset(last) + partial_.table().segments[last].packed - begin;
  Request request;
  request.path = object_path(job_.packed.file.digest);
  request.at_most = length;
  request.may_go_on = job_.may_go_on;
  if (!whole) {
    request.offset = begin;
    request.length = length;
  }
  const auto restart = [&] {
    // With ranges the next request begins behind what has come; without them all comes again, and what is here is passed over.
    receiving.begins_anew = receiving.good > 0 && !whole_only_;
    receiving.at = receiving.run.first;
    receiving.buffer.clear();
    receiving.bytes = 0;
  };
  const Response response = peer_.get(
      request, [&](std::string_view bytes) { return take(receiving, bytes); }, restart);
  return judge(receiving, response);
}

bool FetchSession::take(Receiving& receiving, std::string_view bytes) {
  throw_if_interrupted();
  if (job_.may_go_on) job_.may_go_on();
  if (receiving.begins_anew) return false;
  throttle_.take(bytes.size());
  arrived_(bytes.size(), 0);
  receiving.bytes += bytes.size();
  while (!bytes.empty()) {
    if (receiving.at == receiving.run.end) {
      receiving.overlong = true;
      return false;
    }
    const std::uint64_t wanted = partial_.table().segments[receiving.at].packed;
    const std::size_t taken = std::min(bytes.size(), static_cast<std::size_t>(wanted) - receiving.buffer.size());
    receiving.buffer.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (receiving.buffer.size() == wanted && !end_segment(receiving)) return false;
  }
  return true;
}

/// A whole segment is in the buffer. False ends the transfer: another stream failed.
bool FetchSession::end_segment(Receiving& receiving) {
  const std::size_t segment = receiving.at++;
  if (!partial_.has(segment)) {
    if (sha256(receiving.buffer) == partial_.table().segments[segment].digest) {
      partial_.put(receiving.handle, segment, receiving.buffer);
      ++receiving.good;
      arrived_(0, receiving.buffer.size());
    } else {
      receiving.wrong = true;
      const std::scoped_lock lock(mutex_);
      ++wrong_[segment];
    }
  }
  receiving.buffer.clear();
  return !is_over();
}

/// Whether to ask again for what is missing; a failure of the peer is noted.
bool FetchSession::judge(const Receiving& receiving, const Response& response) {
  if (receiving.begins_anew) return true;
  if (is_over()) return false;
  switch (response.status) {
    case Response::Status::ok: return judge_complete(receiving, response);
    case Response::Status::oversize: break;
    case Response::Status::unreachable:
      if (receiving.overlong) break;
      fail("unreachable", response.why);
      return false;
    case Response::Status::refused:
    case Response::Status::not_modified: fail("unreachable", response.why); return false;
    case Response::Status::not_found:
      fail("unreachable", "the catalog names bytes that its server does not have: " + response.why);
      return false;
    case Response::Status::wrong_range: {
      const std::scoped_lock lock(mutex_);
      ranges_refused_ = true;
      return false;
    }
  }
  if (says_web_page(response))
    fail("unreachable", fmt::format("\"{}\" answers with an HTML page", response.url));
  else
    fail("untrusted", fmt::format("\"{}\" is longer than was signed", shown_url(response, job_.packed.file.digest)));
  return false;
}

bool FetchSession::judge_complete(const Receiving& receiving, const Response& response) {
  const std::string url = shown_url(response, job_.packed.file.digest);
  const bool cut = receiving.at < receiving.run.end;
  if ((cut || receiving.wrong) && receiving.good == 0 && says_web_page(response)) {
    fail("unreachable", fmt::format("\"{}\" answers with an HTML page", url));
    return false;
  }
  if (cut && receiving.whole && response.length_known && receiving.bytes > 0) {
    fail("untrusted", fmt::format("\"{}\" is {} bytes long, but {} were signed", url, receiving.bytes, partial_.table().packed));
    return false;
  }
  if (cut && receiving.good == 0) {
    fail("unreachable", fmt::format("\"{}\" ended after {} bytes", url, receiving.bytes));
    return false;
  }
  for (std::size_t i = receiving.run.first; i < receiving.run.end; ++i) {
    const bool gives_up = [&] {
      const std::scoped_lock lock(mutex_);
      return wrong_[i] >= most_wrong;
    }();
    if (!gives_up) continue;
    fail("untrusted", fmt::format("segment {} of \"{}\" is not what was signed, and was so twice", i + 1, url));
    return false;
  }
  return true;
}

void FetchSession::fail(std::string code, std::string text) {
  const std::scoped_lock lock(mutex_);
  // What a human must look at is told before what time may heal.
  if (!failed_ || (code == "untrusted" && failed_->code != code))
    failed_ = CopyFailed{.code = std::move(code), .text = std::move(text)};
}

bool FetchSession::is_over() const {
  const std::scoped_lock lock(mutex_);
  return failed_.has_value() || thrown_ != nullptr;
}

}  // namespace ingot
