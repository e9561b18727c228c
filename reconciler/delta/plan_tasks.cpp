#include "reconciler/delta/plan_tasks.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "reconciler/delta/same_blocks.hpp"
#include "reconciler/delta/tree_parts.hpp"

namespace ingot::delta {

namespace {

constexpr std::uint64_t slice = most_searched / 2;
/// A copy between two changes that is shorter than this does not part them: they are searched together.
constexpr std::uint64_t shortest_border = 64 * 1024;
constexpr std::uint64_t smallest_margin = 4096;
constexpr std::uint64_t largest_margin = 4 * 1024 * 1024;

/// Both in the whole image.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t length() const { return end - begin; }
};

class TaskPlanner {
 public:
  TaskPlanner(const Source& base, const Source& result, const std::function<void(const Task&)>& give)
      : base_(base),
        result_(result),
        give_(give),
        work_left_(most_work * (base.image.size + result.image.size) + most_searched_in) {}

  void run() {
    if (base_.image.kind == ImageKind::tree && result_.image.kind == ImageKind::tree)
      compare_trees();
    else
      compare({0, result_.image.size}, {0, base_.image.size});
  }

 private:
  void compare_trees() {
    auto old_found = read_parts(base_.image, base_.read);
    auto found = old_found ? read_parts(result_.image, result_.read) : std::nullopt;
    if (!found) return compare({0, result_.image.size}, {0, base_.image.size});
    std::vector<Part>& old_parts = *old_found;
    std::vector<Part>& parts = *found;
    const std::vector<std::optional<std::size_t>> pairs = pair_parts(old_parts, parts);
    for (auto* const all : {&old_parts, &parts})
      for (Part& part : *all) std::string().swap(part.path);  // no longer needed, and half of the memory
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (pairs[i])
        compare_parts(parts[i], old_parts[*pairs[i]]);
      else
        compare({parts[i].begin, parts[i].end}, {});
    }
  }

  void compare_parts(const Part& part, const Part& old) {
    const Range header{part.begin, part.content};
    const Range old_header{old.begin, old.content};
    if (part.size > 0 && old.size == part.size && old.digest == part.digest) {
      compare_header(header, old_header);
      give_same({part.content, part.end}, old.content);
    } else if (part.size == 0 && old.size == 0) {
      compare_header(header, old_header);
    } else {
      compare({part.begin, part.end}, {old.begin, old.end});
    }
  }

  void compare_header(Range header, Range old) {
    if (header.length() == old.length())
      give({.how = Task::How::aligned,
            .to = header.begin,
            .length = header.length(),
            .from = old.begin,
            .from_length = old.length()});
    else
      compare(header, old);
  }

  void compare(Range range, Range old) {
    if (range.length() == 0) return;
    if (old.length() == 0)
      search(range, old);
    else if (range.length() <= most_searched && old.length() <= most_searched_in)
      give_search(range, old);
    else if (is_affordable(old))
      compare_large(range, old);
    else
      search(range, old);
  }

  bool is_affordable(Range old) {
    if (old.length() > work_left_) return false;
    work_left_ -= old.length();
    return true;
  }

  /// What is the same to the byte by a rolling hash; what lies between is searched in what lies between in the base.
  void compare_large(Range range, Range old) {
    Window base(base_.read, old.begin, old.length());
    Window bytes(result_.read, range.begin, range.length());
    Range gap{range.begin, range.begin};
    Range old_gap{old.begin, old.begin};
    find_same_blocks(base, bytes, [&](const Copy& copy) {
      const Range to{range.begin + copy.to, range.begin + copy.to + copy.length};
      const std::uint64_t from = old.begin + copy.from;
      const bool is_border = copy.length >= shortest_border || to.end - gap.begin > slice || gap.begin == to.begin;
      if (is_border) {
        close_gap({gap.begin, to.begin}, {old_gap.begin, std::max(old_gap.begin, from)}, old);
        give_same(to, from);
        gap = {to.end, to.end};
        old_gap = {from + copy.length, from + copy.length};
      }
    });
    close_gap({gap.begin, range.end}, {old_gap.begin, old.end}, old);
  }

  void close_gap(Range gap, Range old_gap, Range old) {
    if (gap.length() == 0) return;
    const std::uint64_t count = (gap.length() + slice - 1) / slice;
    for (std::uint64_t i = 0; i < count; ++i) {
      const Range piece{gap.begin + i * slice, std::min(gap.end, gap.begin + (i + 1) * slice)};
      const std::uint64_t begin = old_gap.begin + part_of(old_gap.length(), i, count);
      const std::uint64_t end = old_gap.begin + part_of(old_gap.length(), i + 1, count);
      search(piece, around({begin, end}, std::clamp(piece.length() / 2, smallest_margin, largest_margin), old));
    }
  }

  static std::uint64_t part_of(std::uint64_t length, std::uint64_t i, std::uint64_t count) {
    return length / count * i + length % count * i / count;
  }

  static Range around(Range range, std::uint64_t margin, Range within) {
    Range wide{range.begin - std::min(margin, range.begin - within.begin), range.end + std::min(margin, within.end - range.end)};
    if (wide.length() <= most_searched_in) return wide;
    const std::uint64_t middle = wide.begin + wide.length() / 2;
    return {middle - most_searched_in / 2, middle + most_searched_in / 2};
  }

  void search(Range range, Range old) {
    for (std::uint64_t at = range.begin; at < range.end; at += slice) give_search({at, std::min(range.end, at + slice)}, old);
  }

  /// Once the work is used up: in the first bytes of the base's range, so that all such searches sort a few times the result.
  void give_search(Range range, Range old) {
    const std::uint64_t few = std::min(4 * range.length() + smallest_margin, most_searched_in);
    const std::uint64_t all = std::min(old.length(), most_searched_in);
    const std::uint64_t searched = all <= few || is_affordable({old.begin, old.begin + all}) ? all : few;
    give({.to = range.begin, .length = range.length(), .from = old.begin, .from_length = searched});
  }

  void give_same(Range to, std::uint64_t from) {
    for (std::uint64_t at = to.begin; at < to.end;) {
      const std::uint64_t end = std::min(to.end, (at / most_same + 1) * most_same);
      give({.how = Task::How::same, .to = at, .length = end - at, .from = from + (at - to.begin), .from_length = end - at});
      at = end;
    }
  }

  void give(const Task& task) {
    if (task.length > 0) give_(task);
  }

  const Source& base_;
  const Source& result_;
  const std::function<void(const Task&)>& give_;
  std::uint64_t work_left_;
};

}  // namespace

void plan_tasks(const Source& base, const Source& result, const std::function<void(const Task&)>& give) {
  TaskPlanner(base, result, give).run();
}

}  // namespace ingot::delta
