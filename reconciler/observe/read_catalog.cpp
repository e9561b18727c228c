#include "reconciler/observe/read_catalog.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include <fmt/format.h>

#include "reconciler/io/threads.hpp"
#include "reconciler/observe/fetch_piece.hpp"
#include "reconciler/observe/vanished.hpp"
#include "schema/catalog/catalog_weight.hpp"

namespace ingot::observe {

namespace {

constexpr std::size_t connections = 4;                  ///< at once, to one peer
constexpr std::size_t most_pages = 32;                  ///< in memory at once
constexpr std::uint64_t most_bytes = 32 * 1024 * 1024;  ///< of these pages, but for the first

Tried<Index> read_index(const Visit& visit, const Piece& piece) {
  const std::string path = "c/" + piece.digest.hex();
  if (piece.length > largest_index) {
    return untrusted(visit, path,
                     {Code::too_large, fmt::format("the index has {} bytes, more than {}", piece.length, largest_index)});
  }
  auto bytes = cached_or_fetched_piece(visit, piece);
  if (auto* failure = std::get_if<Failure>(&bytes)) return std::move(*failure);
  auto parsed = parse_index(std::get<std::string>(bytes));
  if (const auto* malformed = std::get_if<Malformed>(&parsed))
    return untrusted(visit, path, {Code::malformed, "the index is malformed: " + malformed->why});
  return std::get<Index>(std::move(parsed));
}

/// The pages of one window, fetched by several threads, in order. The first failure ends it.
class PageWindow {
 public:
  PageWindow(const Visit& visit, const PageRef* first, std::size_t count) : visit_(visit), first_(first), pages_(count) {}

  Tried<std::vector<std::string>> get() {
    if (pages_.size() == 1)
      work();
    else
      run_threads();
    if (thrown_) std::rethrow_exception(thrown_);
    if (failure_) return *std::move(failure_);
    return std::move(pages_);
  }

 private:
  void run_threads() {
    io::Threads threads;
    for (std::size_t i = 1; i < std::min(connections, pages_.size()) && threads.try_start([this] { work(); }); ++i) {}
    work();
  }

  void work() noexcept {
    try {
      for (std::size_t at = next_++; at < pages_.size() && !over_; at = next_++) {
        auto bytes = cached_or_fetched_piece(visit_, first_[at].piece);
        if (auto* page = std::get_if<std::string>(&bytes))
          pages_[at] = std::move(*page);
        else
          fail(std::get<Failure>(std::move(bytes)));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      thrown_ = std::current_exception();
      over_ = true;
    }
  }

  void fail(Failure failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    over_ = true;
  }

  const Visit& visit_;
  const PageRef* first_;
  std::vector<std::string> pages_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;  ///< of the two below
  std::optional<Failure> failure_;
  std::exception_ptr thrown_;
};

/// How many pages from `at` on are had at once.
std::size_t pages_at_once(const Index& index, std::size_t at) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < most_pages && at + count < index.pages.size()) {
    bytes += index.pages[at + count].piece.length;
    if (count > 0 && bytes > most_bytes) break;
    ++count;
  }
  return count;
}

std::optional<Failure> read_pages(const Visit& visit, const Head& head, const Index& index, Catalog& catalog) {
  PageReader reader(visit.id(), head.serial, collect_into(catalog));
  for (std::size_t at = 0, count = 0; at < index.pages.size(); at += count) {
    count = pages_at_once(index, at);
    auto got = PageWindow(visit, &index.pages[at], count).get();
    if (auto* failure = std::get_if<Failure>(&got)) return std::move(*failure);
    const auto& pages = std::get<std::vector<std::string>>(got);
    for (std::size_t i = 0; i < count; ++i) {
      const PageRef& page = index.pages[at + i];
      if (const auto malformed = reader.read(page, pages[i])) {
        return untrusted(visit, "c/" + page.piece.digest.hex(), {Code::malformed, "the page is malformed: " + malformed->why});
      }
    }
    visit.progress(fmt::format("read {} of {} pages", at + count, index.pages.size()));
  }
  return std::nullopt;
}

void add_pieces(io::PeerMemory& memory, const ServerId& id, const Head& head, std::vector<Digest>& pieces) {
  if (head.state) pieces.push_back(head.state->digest);
  pieces.push_back(head.index.digest);
  const auto bytes = memory.piece(id, head.index);
  if (!bytes) return;
  const auto parsed = parse_index(*bytes);
  if (const auto* pages = std::get_if<Index>(&parsed)) {
    for (const auto& page : pages->pages) pieces.push_back(page.piece.digest);
  }
}

/// Of all heads that ever named pages, only this one's and the last good one's are kept: a peer that signs a new catalog for
/// each poll fills no disk.
void forget_other_pieces(const Visit& visit, const Head* head, const std::optional<KeptHead>& before) {
  std::vector<Digest> keep;
  if (head != nullptr) add_pieces(visit.memory, visit.id(), *head, keep);
  if (before) add_pieces(visit.memory, visit.id(), before->head, keep);
  visit.memory.forget_pieces_but(visit.id(), keep);
}

/// R19: within one epoch nothing vanishes. A new epoch revokes the keys that signed what was there before.
std::optional<Failure> vanished(const Visit& visit, const Head& head, const Head& before, const Index& index,
                                const Catalog& catalog, const std::optional<AboutImages>& about) {
  if (before.index == head.index || before.epoch < head.epoch) return std::nullopt;
  const auto missing = vanished_entry(visit, before, index, catalog, about);
  if (!missing) return std::nullopt;
  return untrusted(visit, "head.dsse", {Code::vanished, *missing});
}

Tried<std::shared_ptr<const Catalog>> read_named(const Visit& visit, const Head& head, const std::optional<KeptHead>& before,
                                                 const std::optional<AboutImages>& about) {
  auto read = read_index(visit, head.index);
  if (auto* failure = std::get_if<Failure>(&read)) return std::move(*failure);
  Index index = std::get<Index>(std::move(read));
  if (about) index = pages_about(index, *about);
  if (!before || before->head.index != head.index || before->head.state != head.state) forget_other_pieces(visit, &head, before);
  auto catalog = std::make_shared<Catalog>();
  catalog->images.reserve(images_to_expect(index));  // growing by copies would take up to three times as much
  if (auto failure = read_pages(visit, head, index, *catalog)) return *std::move(failure);
  if (before) {
    if (auto failure = vanished(visit, head, before->head, index, *catalog, about)) return *std::move(failure);
  }
  return std::shared_ptr<const Catalog>(std::move(catalog));
}

}  // namespace

Tried<std::shared_ptr<const Catalog>> read_catalog(const Visit& visit, const Head& head, const std::optional<KeptHead>& before,
                                                   const std::optional<AboutImages>& about) {
  auto catalog = read_named(visit, head, before, about);
  const auto* failure = std::get_if<Failure>(&catalog);
  if (failure != nullptr && failure->unknown.code == Code::untrusted) forget_other_pieces(visit, nullptr, before);
  return catalog;
}

Tried<std::shared_ptr<const Stated>> read_stated(const Visit& visit, const Piece& named) {
  auto bytes = cached_or_fetched_piece(visit, named);
  if (auto* failure = std::get_if<Failure>(&bytes)) return std::move(*failure);
  auto parsed = parse_stated(std::get<std::string>(bytes));
  if (const auto* malformed = std::get_if<Malformed>(&parsed)) {
    return untrusted(visit, "c/" + named.digest.hex(),
                     {Code::malformed, "the state that it publishes is malformed: " + malformed->why});
  }
  return std::make_shared<const Stated>(std::get<Stated>(std::move(parsed)));
}

}  // namespace ingot::observe
